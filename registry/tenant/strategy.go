// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a Tenant may do.
func newStrategy(scheme *runtime.Scheme, namespaces validation.Namespaces) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.Tenant, spectrocloud.TenantSpec, spectrocloud.TenantStatus]{
		Version: "v1alpha1", Finalized: true,
		Spec:   func(t *spectrocloud.Tenant) *spectrocloud.TenantSpec { return &t.Spec },
		Status: func(t *spectrocloud.Tenant) *spectrocloud.TenantStatus { return &t.Status },
		Validate: func(t *spectrocloud.Tenant) field.ErrorList {
			return validation.ValidateTenant(t, namespaces)
		},
		ValidateUpdate: func(updated, old *spectrocloud.Tenant) field.ErrorList {
			return validation.ValidateTenantUpdate(updated, old, namespaces)
		},
		ValidateStatusUpdate: validation.ValidateTenantStatusUpdate,
	})
}
