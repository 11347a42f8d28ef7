// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// tenantStrategy is what a create or an update of a Tenant may do.
type tenantStrategy struct {
	strategy.Base
	namespaces validation.Namespaces
}

// NamespaceScoped is false: a Tenant spans the cluster.
func (tenantStrategy) NamespaceScoped() bool { return false }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s tenantStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("status")
}

// PrepareForCreate drops the status, which is the controllers' to write.
func (tenantStrategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	tenant := obj.(*spectrocloud.Tenant)
	tenant.Status = spectrocloud.TenantStatus{}
	tenant.Generation = 1
	strategy.KeepFinalizer(&tenant.ObjectMeta)
}

// PrepareForUpdate keeps the status and counts changes of the spec.
func (tenantStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	tenant, oldTenant := obj.(*spectrocloud.Tenant), old.(*spectrocloud.Tenant)
	tenant.Status = oldTenant.Status
	if !equality.Semantic.DeepEqual(tenant.Spec, oldTenant.Spec) {
		tenant.Generation = oldTenant.Generation + 1
	}
	strategy.KeepFinalizer(&tenant.ObjectMeta)
}

// Validate validates a new Tenant.
func (s tenantStrategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return validation.ValidateTenant(obj.(*spectrocloud.Tenant), s.namespaces)
}

// ValidateUpdate validates a changed Tenant.
func (s tenantStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateTenantUpdate(obj.(*spectrocloud.Tenant), old.(*spectrocloud.Tenant), s.namespaces)
}

// statusStrategy is what an update of a Tenant's status may do.
type statusStrategy struct{ tenantStrategy }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("spec", "metadata")
}

// PrepareForUpdate keeps everything but the status.
func (statusStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	tenant, oldTenant := obj.(*spectrocloud.Tenant), old.(*spectrocloud.Tenant)
	tenant.Spec = oldTenant.Spec
	metav1.ResetObjectMetaForStatus(&tenant.ObjectMeta, &oldTenant.ObjectMeta)
}

// ValidateUpdate validates a changed status.
func (statusStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateTenantStatusUpdate(obj.(*spectrocloud.Tenant), old.(*spectrocloud.Tenant))
}
