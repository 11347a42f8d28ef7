// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"
	"errors"
	"fmt"
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

// sync makes the host cluster agree with a Project and reports the outcome in its status.
func (c *Controller) sync(ctx context.Context, name string) error {
	project, err := c.Watched.Projects.Lister().Projects(name).Get(name)
	if apierrors.IsNotFound(err) {
		c.inherited.Delete(name)
		return nil // Absence is not an order to delete.
	}
	if err != nil {
		return err
	}
	step := c.materialize
	if !project.DeletionTimestamp.IsZero() {
		step = c.finalize
	}
	report, err := step(ctx, project)
	var shared error
	if report == nil || !report.Wrote { // Rights come first, for all Projects of a Tenant; sight when they come back.
		shared = c.shareWithTenant(ctx, project)
	}
	if report == nil || status.Passing(err) {
		return errors.Join(shared, err)
	}
	return errors.Join(shared, status.Retry(err), c.writeStatus(ctx, project, *report))
}

// materialize gives the Project its namespace and then its access.
func (c *Controller) materialize(ctx context.Context, project *v1alpha1.Project) (*status.Report, error) {
	report, owner := &status.Report{}, c.ownerOf(project)
	adopted, err := c.Namespaces.Claim(ctx, owner, c.alive(project))
	if err != nil {
		report.Namespace = status.Failed(err, status.NamespaceFailed)
		report.Access = status.Verdict{Reason: status.NamespaceNotReady, Message: "Access is granted once the namespace is ready"}
		return report, errors.Join(err, c.narrow(ctx, project, owner))
	}
	report.Namespace = status.Verdict{Ready: true, Reason: status.NamespaceCreated, Message: "Namespace " + project.Name + " was created for the Project"}
	if adopted {
		report.Namespace = status.Verdict{Ready: true, Reason: status.NamespaceAdopted, Message: "Namespace " + project.Name + " was handed over and outlives the Project"}
	}
	if err = c.grant(ctx, project, owner, report); err != nil {
		report.Access = status.Failed(err, status.AccessFailed)
	}
	return report, err
}

func (c *Controller) grant(ctx context.Context, project *v1alpha1.Project, owner claim.Owner, report *status.Report) error {
	tenant, rules, verdict, err := c.inherit(ctx, project)
	if err != nil {
		return err
	}
	written, err := c.Grants.Apply(ctx, access.ForProject(project, tenant, rules, c.SystemNamespace), owner.Labels,
		[]string{project.Name, c.SystemNamespace}, func(ctx context.Context) error { return c.Namespaces.Confirm(ctx, owner) })
	report.Access, report.Wrote = verdict, len(written) > 0
	if c.inheritedBefore(project, tenant, rules) && report.Wrote && meta.IsStatusConditionTrue(project.Status.Conditions, v1alpha1.ConditionAccessReady) {
		c.Recorder.Eventf(project, nil, corev1.EventTypeNormal, status.AccessChanged, "Sync", "Put right: %s", strings.Join(written, ", "))
	}
	return err
}

// narrow takes away what the Project wants no more, whatever became of its namespace.
func (c *Controller) narrow(ctx context.Context, project *v1alpha1.Project, owner claim.Owner) error {
	tenant, rules, _, err := c.inherit(ctx, project)
	if err != nil {
		return err
	}
	return c.Grants.Narrow(ctx, access.ForProject(project, tenant, rules, c.SystemNamespace), owner.Labels, []string{project.Name, c.SystemNamespace})
}

// inherit returns what the Project's access takes from its Tenant, and the verdict if nothing else is wrong.
func (c *Controller) inherit(ctx context.Context, project *v1alpha1.Project) (*v1alpha1.Tenant, access.Rules, status.Verdict, error) {
	tenant, err := c.tenantOf(ctx, project)
	if err != nil {
		return nil, nil, status.Verdict{}, err
	}
	rules, verdict, err := c.rulesOf(ctx, project, tenant)
	return tenant, rules, verdict, err
}

// tenantOf returns the Project's Tenant. The cache may be behind, so the server has the last word on a missing one.
func (c *Controller) tenantOf(ctx context.Context, project *v1alpha1.Project) (*v1alpha1.Tenant, error) {
	name := project.Spec.TenantRef.Name
	tenant, err := c.Watched.Tenants.Lister().Get(name)
	if apierrors.IsNotFound(err) {
		tenant, err = c.Client.SpectrocloudV1alpha1().Tenants().Get(ctx, name, metav1.GetOptions{})
	}
	if apierrors.IsNotFound(err) {
		return nil, status.Block(status.TenantNotFound, "Tenant %s can't be found: nothing new is granted until it is there", name)
	}
	return tenant, err
}

// rulesOf returns the rules of every tier. For a tier whose ConfigMap is refused they are those that the Project's Role has
// now, as long as these are fit to be granted, and otherwise the template's.
func (c *Controller) rulesOf(ctx context.Context, project *v1alpha1.Project, tenant *v1alpha1.Tenant) (access.Rules, status.Verdict, error) {
	rules, refused, err := c.Rules.Of(ctx, tenant)
	if err != nil {
		return nil, status.Verdict{}, err
	}
	var instead []string
	for _, tier := range access.Tiers {
		why, bad := refused[tier]
		if !bad {
			continue
		}
		rules[tier] = c.Grants.RulesOf(project.Name, access.ProjectRole(project.Name, tier))
		source := "those from before the edit"
		if len(rules[tier]) == 0 || access.CheckRules(rules[tier]) != nil {
			source = "the template's"
			if rules[tier], err = c.Rules.Template(ctx, tier); err != nil {
				return nil, status.Verdict{}, err
			}
		}
		instead = append(instead, fmt.Sprintf("ConfigMap %s/%s is refused, so %s has %s", why.ConfigMap.Namespace, why.ConfigMap.Name, tier, source))
	}
	if len(instead) > 0 {
		return rules, status.Verdict{Ready: true, Reason: status.LastGoodRules, Message: strings.Join(instead, "; ")}, nil
	}
	return rules, status.Verdict{Ready: true, Reason: status.AccessGranted, Message: "Roles and bindings are as the Project and its Tenant ask"}, nil
}

// alive fails unless the server still has the very Project, not being deleted.
func (c *Controller) alive(project *v1alpha1.Project) func(context.Context) error {
	return func(ctx context.Context) error {
		live, err := c.Client.SpectrocloudV1alpha1().Projects(project.Namespace).Get(ctx, project.Name, metav1.GetOptions{})
		if err == nil && (live.UID != project.UID || !live.DeletionTimestamp.IsZero()) {
			err = apierrors.NewConflict(v1alpha1.Resource("projects"), project.Name, errors.New("it has been deleted"))
		}
		return err
	}
}

// ownerOf is the Project as one that claims a namespace, which takes the Pods that its Tenant says, and the strictest while
// that can't be found.
func (c *Controller) ownerOf(project *v1alpha1.Project) claim.Owner {
	var isolation v1alpha1.TenantIsolation
	if tenant, err := c.Watched.Tenants.Lister().Get(project.Spec.TenantRef.Name); err == nil {
		isolation = tenant.Spec.Isolation
	}
	condition := meta.FindStatusCondition(project.Status.Conditions, v1alpha1.ConditionNamespaceReady)
	return claim.Owner{
		Kind: "project", Name: project.Name, UID: project.UID,
		Labels:  access.ProjectLabels(project.Spec.TenantRef.Name, project.Name),
		Pods:    access.PodLabels(isolation),
		Adopted: condition != nil && condition.Reason == status.NamespaceAdopted,
	}
}

// writeStatus applies the report to the Project's status where it says something new, and announces it.
func (c *Controller) writeStatus(ctx context.Context, project *v1alpha1.Project, report status.Report) error {
	conditions := report.Conditions(project.Status.Conditions, project.Generation)
	if project.Status.ObservedGeneration == project.Generation && equality.Semantic.DeepEqual(conditions, project.Status.Conditions) {
		return nil
	}
	_, err := c.Client.SpectrocloudV1alpha1().Projects(project.Namespace).ApplyStatus(ctx,
		applyv1alpha1.Project(project.Name, project.Namespace).WithUID(project.UID).WithStatus(applyv1alpha1.ProjectStatus().
			WithObservedGeneration(project.Generation).WithConditions(status.Apply(conditions)...)),
		metav1.ApplyOptions{FieldManager: c.FieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	status.Announce(c.Recorder, project, project.Status.Conditions, conditions)
	return nil
}
