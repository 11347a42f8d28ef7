// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// shareWithTenant writes the groups of the Project's Tenant into its status, where these are others. The server has set
// them when the Project was created, as nobody's: an apply could not take away what it never gave, so this is a patch.
func (c *Controller) shareWithTenant(ctx context.Context, project *v1alpha1.Project) error {
	tenant, err := c.Watched.Tenants.Lister().Get(project.Spec.TenantRef.Name)
	if apierrors.IsNotFound(err) {
		return nil // The Tenant's arrival in the cache is an event of its Projects.
	}
	if err != nil {
		return err
	}
	if slices.Equal(project.Status.TenantGroups, groupsOf(tenant)) {
		return nil
	}
	return c.writeTenantGroups(ctx, project, tenant)
}

func groupsOf(tenant *v1alpha1.Tenant) []string {
	return slices.Compact(slices.Sorted(slices.Values(tenant.Spec.TenantRoleMapping.Groups)))
}

func (c *Controller) writeTenantGroups(ctx context.Context, project *v1alpha1.Project, tenant *v1alpha1.Tenant) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": project.ResourceVersion}, // Another Project of this name may have another Tenant.
		"status":   map[string]any{"tenantGroups": groupsOf(tenant)},
	})
	if err != nil {
		return err
	}
	if _, err := c.Client.SpectrocloudV1alpha1().Projects(project.Namespace).Patch(ctx, project.Name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: c.FieldManager}, "status"); err != nil && !apierrors.IsNotFound(err) { // It may be gone by now.
		return fmt.Errorf("write the groups of Tenant %s: %w", tenant.Name, err)
	}
	return nil
}
