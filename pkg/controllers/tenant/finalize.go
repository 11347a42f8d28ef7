// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
	"spectrocloud.com/tenancy/pkg/controllers/finalizer"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// finalize takes back what the Tenant was given: access first, then the namespace with everything in it, and when that is
// gone our finalizer, after which there is nothing to report on.
func (c *Controller) finalize(ctx context.Context, tenant *v1alpha1.Tenant) (*status.Report, error) {
	if !finalizer.On(tenant) {
		return nil, nil
	}
	if err := c.revoke(ctx, tenant); err != nil {
		return &status.Report{Access: status.Failed(err, status.AccessFailed)}, err
	}
	remains, err := c.Namespaces.Release(ctx, ownerOf(tenant), func(ctx context.Context) error {
		return errors.Join(c.Rules.RemoveCopies(ctx, tenant.Name), c.Grants.Open(ctx, access.SelectTenant(tenant.Name), tenant.Name))
	})
	if err == nil && remains == claim.Terminating {
		err = status.Block(status.NamespaceTerminating, "Namespace %s is being deleted; the Tenant goes when it is gone", tenant.Name)
	}
	if err != nil {
		return &status.Report{Namespace: status.Failed(err, status.NamespaceFailed)}, err
	}
	patch, err := finalizer.Off(tenant)
	if err != nil {
		return nil, err
	}
	_, err = c.Client.SpectrocloudV1alpha1().Tenants().Patch(ctx, tenant.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: c.FieldManager})
	if apierrors.IsNotFound(err) {
		return nil, nil // Gone already; the cache is yet to hear of it.
	}
	return nil, err
}

// revoke takes the Tenant's own access back. The server refuses to delete a Tenant that has Projects; should
// one be there all the same, its rules and its admins' access stay until it is gone.
func (c *Controller) revoke(ctx context.Context, tenant *v1alpha1.Tenant) error {
	projects, err := c.Watched.ProjectsOf(tenant.Name)
	if err != nil {
		return err
	}
	if len(projects) > 0 {
		return status.Block(status.TenantNotEmpty, "%d Projects are in the Tenant, %s among them: delete them first", len(projects), projects[0])
	}
	if claim.Protected(tenant.Name, c.SystemNamespace) {
		return c.Grants.Revoke(ctx, access.SelectTenant(tenant.Name), "")
	}
	return c.Grants.Revoke(ctx, access.SelectTenant(tenant.Name), "", tenant.Name)
}
