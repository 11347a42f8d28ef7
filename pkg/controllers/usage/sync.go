// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	applyv1alpha1 "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
)

// syncTenant writes how many GPUs the Projects of a Tenant use into its status, where that says something else.
func (c *Controller) syncTenant(ctx context.Context, name string) error {
	tenant, err := c.Watched.Tenants.Lister().Get(name)
	if err != nil {
		return err
	}
	usage, err := c.Client.SpectrocloudV1alpha1().Tenants().GetGPUUsage(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read the GPU usage of Tenant %s: %w", name, err)
	}
	counts := countsByProject(usage.Projects)
	condition := judge(tenant.Status.Conditions, v1alpha1.ConditionTenantOversubscribed, tenant.Generation, usage.Families)
	if equality.Semantic.DeepEqual(tenant.Status.GPUUsage, counts) && has(tenant.Status.Conditions, condition) {
		return nil
	}
	_, err = c.Client.SpectrocloudV1alpha1().Tenants().ApplyStatus(ctx,
		applyv1alpha1.Tenant(name).WithUID(tenant.UID).WithStatus(applyv1alpha1.TenantStatus().
			WithGPUUsage(counts).WithConditions(apply(condition))),
		metav1.ApplyOptions{FieldManager: c.FieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("write the GPU usage of Tenant %s: %w", name, err)
	}
	c.announce(tenant, tenant.Status.Conditions, condition)
	return nil
}

// syncProject writes how many GPUs a Project uses into its status, where that says something else.
func (c *Controller) syncProject(ctx context.Context, name string) error {
	project, err := c.Watched.Projects.Lister().Projects(name).Get(name)
	if err != nil {
		return err
	}
	usage, err := c.Client.SpectrocloudV1alpha1().Projects(name).GetGPUUsage(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read the GPU usage of Project %s: %w", name, err)
	}
	counts := countsOf(usage.Families)
	condition := judge(project.Status.Conditions, v1alpha1.ConditionOversubscribed, project.Generation, usage.Families)
	if equality.Semantic.DeepEqual(project.Status.GPUUsage, counts) && has(project.Status.Conditions, condition) {
		return nil
	}
	_, err = c.Client.SpectrocloudV1alpha1().Projects(name).ApplyStatus(ctx,
		applyv1alpha1.Project(name, name).WithUID(project.UID).WithStatus(applyv1alpha1.ProjectStatus().
			WithGPUUsage(counts).WithConditions(apply(condition))),
		metav1.ApplyOptions{FieldManager: c.FieldManager, Force: true})
	if err != nil {
		return fmt.Errorf("write the GPU usage of Project %s: %w", name, err)
	}
	if project.DeletionTimestamp.IsZero() { // Its namespace may take no events any more.
		c.announce(project, project.Status.Conditions, condition)
	}
	return nil
}

// announce sends an event when usage has come above a limit, and when it is back.
func (c *Controller) announce(object runtime.Object, before []metav1.Condition, now metav1.Condition) {
	was := meta.IsStatusConditionTrue(before, now.Type)
	switch is := now.Status == metav1.ConditionTrue; {
	case is && !was:
		c.Recorder.Eventf(object, nil, corev1.EventTypeWarning, now.Reason, "Sync", "%s", now.Message)
	case was && !is:
		c.Recorder.Eventf(object, nil, corev1.EventTypeNormal, now.Reason, "Sync", "%s", now.Message)
	}
}

// has tells whether the condition is among conditions as it is.
func has(conditions []metav1.Condition, condition metav1.Condition) bool {
	found := meta.FindStatusCondition(conditions, condition.Type)
	return found != nil && equality.Semantic.DeepEqual(*found, condition)
}

func apply(c metav1.Condition) *metav1ac.ConditionApplyConfiguration {
	return metav1ac.Condition().WithType(c.Type).WithStatus(c.Status).WithObservedGeneration(c.ObservedGeneration).
		WithLastTransitionTime(c.LastTransitionTime).WithReason(c.Reason).WithMessage(c.Message)
}
