// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	applyv1alpha1 "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// sync makes the host cluster agree with a Tenant and reports the outcome in its status.
func (c *Controller) sync(ctx context.Context, name string) error {
	tenant, err := c.Watched.Tenants.Lister().Get(name)
	if apierrors.IsNotFound(err) {
		return nil // Absence is not an order to delete.
	}
	if err != nil {
		return err
	}
	step := c.materialize
	if !tenant.DeletionTimestamp.IsZero() {
		step = c.finalize
	}
	report, err := step(ctx, tenant)
	if report == nil || status.Passing(err) {
		return err
	}
	return errors.Join(status.Retry(err), c.writeStatus(ctx, tenant, *report))
}

// materialize gives the Tenant its namespace, then its access and the rules of its Projects.
func (c *Controller) materialize(ctx context.Context, tenant *v1alpha1.Tenant) (*status.Report, error) {
	report, owner := &status.Report{}, ownerOf(tenant)
	adopted, err := c.Namespaces.Claim(ctx, owner, c.alive(tenant))
	if err != nil {
		report.Namespace = status.Failed(err, status.NamespaceFailed)
		report.Access = status.Verdict{Reason: status.NamespaceNotReady, Message: "Access is granted once the namespace is ready"}
		return report, errors.Join(err, c.Grants.Narrow(ctx, access.ForTenant(tenant), owner.Labels, []string{tenant.Name, ""}))
	}
	report.Namespace = status.Verdict{Ready: true, Reason: status.NamespaceCreated, Message: "Namespace " + tenant.Name + " was created for the Tenant"}
	if adopted {
		report.Namespace = status.Verdict{Ready: true, Reason: status.NamespaceAdopted, Message: "Namespace " + tenant.Name + " was handed over and outlives the Tenant"}
	}
	report.Access = status.Verdict{Ready: true, Reason: status.AccessGranted, Message: "Roles and bindings are as the Tenant asks"}
	for _, step := range []func() error{
		func() error { return c.grant(ctx, tenant, owner) },
		func() error { return c.Rules.EnsureCopies(ctx, tenant) },
		func() error { return c.checkRules(ctx, tenant) },
	} {
		if err := step(); err != nil {
			report.Access = status.Failed(err, status.AccessFailed)
			return report, err
		}
	}
	return report, nil
}

func (c *Controller) grant(ctx context.Context, tenant *v1alpha1.Tenant, owner claim.Owner) error {
	written, err := c.Grants.Apply(ctx, access.ForTenant(tenant), owner.Labels, []string{tenant.Name, ""},
		func(ctx context.Context) error { return c.Namespaces.Confirm(ctx, owner) })
	if len(written) > 0 && meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionAccessReady) {
		c.Recorder.Eventf(tenant, nil, corev1.EventTypeNormal, status.AccessChanged, "Sync", "Put right: %s", strings.Join(written, ", "))
	}
	return err
}

// checkRules blocks with what is wrong with the Tenant's rule ConfigMaps, and says so on each of them when that is news.
func (c *Controller) checkRules(ctx context.Context, tenant *v1alpha1.Tenant) error {
	_, refused, err := c.Rules.Of(ctx, tenant)
	if err != nil {
		return err
	}
	var complaints []string
	for _, tier := range access.Tiers {
		if why, bad := refused[tier]; bad {
			complaints = append(complaints, fmt.Sprintf("ConfigMap %s/%s is refused and the rules from before it stay: %v", tenant.Name, why.ConfigMap.Name, why.Err))
		}
	}
	if len(complaints) == 0 {
		return nil
	}
	blocked := &status.Blocked{Reason: status.InvalidRules, Message: strings.Join(complaints, "\n")}
	if status.News(tenant.Status.Conditions, v1alpha1.ConditionAccessReady, blocked) {
		for _, why := range refused {
			c.Recorder.Eventf(why.ConfigMap, tenant, corev1.EventTypeWarning, status.InvalidRules, "Sync", "%s", status.Clip(why.Err.Error()))
		}
	}
	return blocked
}

// alive fails unless the server still has the very Tenant, not being deleted.
func (c *Controller) alive(tenant *v1alpha1.Tenant) func(context.Context) error {
	return func(ctx context.Context) error {
		live, err := c.Client.SpectrocloudV1alpha1().Tenants().Get(ctx, tenant.Name, metav1.GetOptions{})
		if err == nil && (live.UID != tenant.UID || !live.DeletionTimestamp.IsZero()) {
			err = apierrors.NewConflict(v1alpha1.Resource("tenants"), tenant.Name, errors.New("it has been deleted"))
		}
		return err
	}
}

func ownerOf(tenant *v1alpha1.Tenant) claim.Owner {
	condition := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionNamespaceReady)
	return claim.Owner{
		Kind: "tenant", Name: tenant.Name, UID: tenant.UID,
		Labels: access.TenantLabels(tenant.Name), Pods: access.PodLabels(tenant.Spec.Isolation),
		Adopted: condition != nil && condition.Reason == status.NamespaceAdopted,
	}
}

// writeStatus applies the report to the Tenant's status where it says something new, and announces it.
func (c *Controller) writeStatus(ctx context.Context, tenant *v1alpha1.Tenant, report status.Report) error {
	names, err := c.Watched.ProjectsOf(tenant.Name)
	if err != nil {
		return err
	}
	projects, err := c.projectsNamed(names)
	if err != nil {
		return err
	}
	count := int32(len(projects))
	groups, all := groupsOf(projects)
	conditions := report.Conditions(tenant.Status.Conditions, tenant.Generation)
	if tenant.Status.ObservedGeneration == tenant.Generation && tenant.Status.Projects == count &&
		slices.Equal(tenant.Status.ProjectGroups, groups) && equality.Semantic.DeepEqual(conditions, tenant.Status.Conditions) {
		return nil
	}
	_, err = c.Client.SpectrocloudV1alpha1().Tenants().ApplyStatus(ctx,
		applyv1alpha1.Tenant(tenant.Name).WithUID(tenant.UID).WithStatus(applyv1alpha1.TenantStatus().
			WithObservedGeneration(tenant.Generation).WithProjects(count).WithProjectGroups(groups...).WithConditions(status.Apply(conditions)...)),
		metav1.ApplyOptions{FieldManager: c.FieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	status.Announce(c.Recorder, tenant, tenant.Status.Conditions, conditions)
	c.announceGroups(tenant, groups, all)
	return nil
}
