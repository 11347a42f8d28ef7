// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"

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
		return l.removeProject(old.(*spectrocloud.Project)), nil
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
	if equality.Semantic.DeepEqual(projectRecordOf(old), projectRecordOf(project)) {
		return nil, nil
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
	recorded, err := put(l.projectKey(project.Spec.TenantRef.Name, project.Name), projectRecordOf(project))
	if err != nil {
		return nil, err
	}
	return &storage.Transaction{Guards: []clientv3.Cmp{reads[0].unchanged()}, Then: []clientv3.Op{recorded}}, nil
}

func (l *Ledger) removeProject(project *spectrocloud.Project) *storage.Transaction {
	return &storage.Transaction{Then: []clientv3.Op{
		clientv3.OpDelete(l.claimKey(project.Namespace)),
		clientv3.OpDelete(l.projectKey(project.Spec.TenantRef.Name, project.Name)),
	}}
}

// refuseUnmanaged is a 403 unless the requester is in one of the Tenant's groups, or RBAC lets them manage it.
func (l *Ledger) refuseUnmanaged(ctx context.Context, project *spectrocloud.Project, groups []string) error {
	name := project.Spec.TenantRef.Name
	user, ok := request.UserFrom(ctx)
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
