// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/pkg/storage"
)

// DecideProject is the storage.Decide of Projects: a new one claims its namespace under a Tenant that its creator manages,
// and its quotas agree with the Tenant's.
func (l *Ledger) DecideProject(ctx context.Context, old, updated runtime.Object) (*storage.Transaction, error) {
	switch {
	case old == nil:
		return l.createProject(ctx, updated.(*spectrocloud.Project))
	case updated == nil:
		return l.removeProject(ctx, old.(*spectrocloud.Project))
	default:
		return l.updateProject(ctx, old.(*spectrocloud.Project), updated.(*spectrocloud.Project))
	}
}

func (l *Ledger) createProject(ctx context.Context, project *spectrocloud.Project) (*storage.Transaction, error) {
	reads, err := l.get(ctx, l.tenantKey(project.Spec.TenantRef.Name), l.claimKey(project.Namespace))
	if err != nil {
		return nil, err
	}
	var tenant tenantRecord
	found, err := reads[0].decode(&tenant)
	if err != nil {
		return nil, err
	}
	// Rights come first, so that who has none learns nothing of Tenants and namespaces.
	if err := l.refuseUnmanaged(ctx, project, tenant.Groups); err != nil {
		return nil, err
	}
	if err := refuseTenant(project, tenant, found); err != nil {
		return nil, err
	}
	if err := refuseClaimed(reads[1], spectrocloud.Kind("Project"), project.Namespace, field.NewPath("metadata", "namespace")); err != nil {
		return nil, err
	}
	// Who creates a Project sees it at once.
	project.Status.TenantGroups = slices.Compact(slices.Sorted(slices.Values(tenant.Groups)))
	claimed, err := put(reads[1].key, claim{Kind: "Project", Name: project.Name, UID: project.UID})
	if err != nil {
		return nil, err
	}
	recorded, err := put(l.projectKey(project.Spec.TenantRef.Name, project.Name), projectRecordOf(project))
	if err != nil {
		return nil, err
	}
	return &storage.Transaction{
		Guards: []clientv3.Cmp{reads[0].unchanged(), reads[1].unchanged()},
		Then:   []clientv3.Op{claimed, recorded},
	}, nil
}

func (l *Ledger) updateProject(ctx context.Context, old, project *spectrocloud.Project) (*storage.Transaction, error) {
	before, after := projectRecordOf(old), projectRecordOf(project)
	if equality.Semantic.DeepEqual(before, after) {
		return nil, nil
	}
	if equality.Semantic.DeepEqual(before.GPUs, after.GPUs) {
		recorded, err := put(l.projectKey(project.Spec.TenantRef.Name, project.Name), after)
		return &storage.Transaction{Then: []clientv3.Op{recorded}}, err
	}
	reads, err := l.get(ctx, l.tenantKey(project.Spec.TenantRef.Name))
	if err != nil {
		return nil, err
	}
	var tenant tenantRecord
	found, err := reads[0].decode(&tenant)
	if err != nil {
		return nil, err
	}
	if err := refuseTenant(project, tenant, found); err != nil {
		return nil, err
	}
	recorded, err := put(l.projectKey(project.Spec.TenantRef.Name, project.Name), after)
	if err != nil {
		return nil, err
	}
	return &storage.Transaction{Guards: []clientv3.Cmp{reads[0].unchanged()}, Then: []clientv3.Op{recorded}}, nil
}

// removeProject frees the Project's namespace, once nothing in it is charged to the Project any more.
func (l *Ledger) removeProject(ctx context.Context, project *spectrocloud.Project) (*storage.Transaction, error) {
	tenant := project.Spec.TenantRef.Name
	requests := l.requestsPrefix(tenant, project.Name)
	left, err := l.kv.Get(ctx, requests, clientv3.WithPrefix(), clientv3.WithKeysOnly(), clientv3.WithLimit(mostListed))
	if err != nil {
		return nil, fmt.Errorf("reading the GPU requests of Project %s in the ledger: %w", project.Name, err)
	}
	if len(left.Kvs) > 0 {
		names := make([]string, left.Count)
		for i, kv := range left.Kvs {
			names[i] = strings.TrimPrefix(string(kv.Key), requests)
		}
		return nil, apierrors.NewConflict(spectrocloud.Resource("projects"), project.Name, fmt.Errorf(
			"what asks for GPUs in it must be deleted first; there are %d: %s", len(names), listed(names)))
	}
	return &storage.Transaction{
		Guards: []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(requests), "=", 0).WithPrefix()},
		Then: []clientv3.Op{
			clientv3.OpDelete(l.claimKey(project.Namespace)),
			clientv3.OpDelete(l.projectKey(tenant, project.Name)),
		},
	}, nil
}

// refuseUnmanaged is a 403 unless the requester is in one of the Tenant's groups, or RBAC lets them manage it.
func (l *Ledger) refuseUnmanaged(ctx context.Context, project *spectrocloud.Project, groups []string) error {
	name := project.Spec.TenantRef.Name
	user, ok := apirequest.UserFrom(ctx)
	if !ok {
		return apierrors.NewInternalError(fmt.Errorf("no user in the request that creates Project %s", project.Name))
	}
	for _, group := range user.GetGroups() {
		if slices.Contains(groups, group) {
			return nil
		}
	}
	decision, reason, err := l.authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User:            user,
		Verb:            spectrocloud.VerbManage,
		APIGroup:        spectrocloud.GroupName,
		APIVersion:      "*",
		Resource:        "tenants",
		Name:            name,
		ResourceRequest: true,
	})
	if decision == authorizer.DecisionAllow {
		return nil
	}
	if err != nil {
		return apierrors.NewInternalError(fmt.Errorf("asking whether user %q may manage Tenant %q: %w", user.GetName(), name, err))
	}
	message := fmt.Sprintf("user %q may not create Projects under Tenant %q: that takes membership of one of the Tenant's groups "+
		"(spec.tenantRoleMapping.groups), or the verb %q on tenants.%s", user.GetName(), name, spectrocloud.VerbManage, spectrocloud.GroupName)
	if reason != "" {
		message += ": " + reason
	}
	return apierrors.NewForbidden(spectrocloud.Resource("projects"), project.Name, fmt.Errorf("%s", message))
}

// refuseTenant is an error unless the Tenant exists, stays, and has quotas that project's agree with.
func refuseTenant(project *spectrocloud.Project, tenant tenantRecord, found bool) error {
	name := project.Spec.TenantRef.Name
	if !found {
		return apierrors.NewInvalid(spectrocloud.Kind("Project"), project.Name, field.ErrorList{
			field.NotFound(field.NewPath("spec", "tenantRef", "name"), name)})
	}
	if tenant.Terminating {
		return apierrors.NewForbidden(spectrocloud.Resource("projects"), project.Name, fmt.Errorf("the Tenant %q is being deleted", name))
	}
	var errs field.ErrorList
	for _, excess := range quota.Excesses(project.Spec.GPUResources, spectrocloud.GPUResources(tenant.GPUs)) {
		errs = append(errs, field.Invalid(field.NewPath("spec", "gpuResources", excess.Field).Key(excess.Family), excess.Project,
			fmt.Sprintf("must be at most %d, which is what Tenant %q has", excess.Tenant, name)))
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(spectrocloud.Kind("Project"), project.Name, errs)
	}
	return nil
}
