// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// errMayNotCreate says that the caller can't have the server decide.
var errMayNotCreate = errors.New("you may not create it")

// rehearsal is the prefix of names that never come to be. It leaves room for the server's five letters in a ComputePool's 33.
const rehearsal = "can-i-fit-"

// rehearse has the server decide on a request, by a dry run of the create.
func (c *client) rehearse(ctx context.Context, project, kind string, request spectrocloud.GPUCounts) (verdict, error) {
	status, err := c.dryRun(ctx, project, kind, request)
	switch {
	case apierrors.IsForbidden(err):
		// So says RBAC, or the ledger, which refuses what waiting would not help.
		if allowed, err := c.mayCreate(ctx, project, kind); err != nil {
			return verdict{}, err
		} else if !allowed {
			return verdict{}, errMayNotCreate
		}
		_, why, _ := strings.Cut(err.Error(), "is forbidden: ")
		return verdict{outcome: refused, why: why}, nil
	case apierrors.IsInvalid(err):
		// Mostly because the namespace is no Project's, which can be said shorter.
		_, missing := c.project(ctx, project)
		return verdict{}, cmp.Or(missing, err)
	case err != nil:
		return verdict{}, err
	case status.Phase == v1alpha1.ConsumerPending:
		why := quota.Format(request)
		if condition := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionQuotaReserved); condition != nil {
			why = strings.TrimPrefix(condition.Message, "waiting for ")
		}
		return verdict{outcome: waits, why: why}, nil
	}
	return verdict{outcome: fits}, nil
}

func (c *client) dryRun(ctx context.Context, project, kind string, request spectrocloud.GPUCounts) (*v1alpha1.ConsumerStatus, error) {
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	name := metav1.ObjectMeta{GenerateName: rehearsal, Namespace: project}
	if kind == poolKind {
		created, err := c.tenancy.ComputePools(project).Create(ctx, &v1alpha1.ComputePool{ObjectMeta: name, Spec: poolOf(request)}, options)
		if err != nil {
			return nil, err
		}
		return &created.Status, nil
	}
	workload := &v1alpha1.AIWorkload{ObjectMeta: name, Spec: v1alpha1.AIWorkloadSpec{GPURequests: v1alpha1.GPUCounts(request)}}
	created, err := c.tenancy.AIWorkloads(project).Create(ctx, workload, options)
	if err != nil {
		return nil, err
	}
	return &created.Status, nil
}

// poolOf is a ComputePool that asks for these GPUs: one node per family.
func poolOf(request spectrocloud.GPUCounts) v1alpha1.ComputePoolSpec {
	deployment := &v1alpha1.ClusterDeployment{}
	nodes := &deployment.PaletteClusterDeploymentConfig.NodePoolRequirements
	for i, family := range slices.Sorted(maps.Keys(request)) {
		nodes.WorkerPools = append(nodes.WorkerPools, v1alpha1.WorkerPool{
			Name: fmt.Sprintf("pool-%d", i), NodeCount: new(int32(1)), GPU: &v1alpha1.GPURequirement{Family: family, GPUCount: request[family]}})
	}
	return v1alpha1.ComputePoolSpec{ClusterVariant: v1alpha1.ClusterVariant{Shared: deployment}}
}

// mayCreate asks whether RBAC lets the caller create one.
func (c *client) mayCreate(ctx context.Context, project, kind string) (bool, error) {
	review, err := c.rights.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: project, Verb: "create", Group: v1alpha1.SchemeGroupVersion.Group, Resource: kind + "s",
		}}}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("asking for your rights: %w", err)
	}
	return review.Status.Allowed, nil
}

// levels are whose quotas hold in a Project.
func (c *client) levels(ctx context.Context, project string) ([]quota.Level, error) {
	accounts, err := c.accounts(ctx, where{project: project})
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.projects[project].DeletionTimestamp != nil {
			return nil, fmt.Errorf("the Project %q is being deleted", project)
		}
		if levels := a.levels(project); levels != nil {
			return levels, nil
		}
		err = fmt.Errorf("there is no Tenant %q that you may see", a.name)
	}
	return nil, err
}
