// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateTenant validates a new Tenant.
func ValidateTenant(tenant *spectrocloud.Tenant, namespaces Namespaces) field.ErrorList {
	metadata := field.NewPath("metadata")
	errs := apivalidation.ValidateObjectMeta(&tenant.ObjectMeta, false, apivalidation.NameIsDNSLabel, metadata)
	errs = append(errs, namespaces.validateClaim(tenant.Name, metadata.Child("name"))...)
	return append(errs, validateTenantSpec(tenant, &spectrocloud.Tenant{}, namespaces)...)
}

// ValidateTenantUpdate validates the change of a Tenant from old. A spec that stays as it is stored is not validated
// again, so that a rule made later never keeps an object from being finalized.
func ValidateTenantUpdate(tenant, old *spectrocloud.Tenant, namespaces Namespaces) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&tenant.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	if equality.Semantic.DeepEqual(tenant.Spec, old.Spec) {
		return errs
	}
	return append(errs, validateTenantSpec(tenant, old, namespaces)...)
}

func validateTenantSpec(tenant, old *spectrocloud.Tenant, namespaces Namespaces) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateDisplayName(tenant.Spec.DisplayName, spec.Child("displayName"))
	errs = append(errs, validateReference(tenant.Spec.SettingsRef, spec.Child("settingsRef"), tenant.Name, namespaces.System)...)
	errs = append(errs, validateGroups(tenant.Spec.TenantRoleMapping.Groups, spec.Child("tenantRoleMapping", "groups"))...)
	errs = append(errs, validateIsolation(tenant.Spec.Isolation, old.Spec.Isolation, spec.Child("isolation"))...)
	return append(errs, validateGPUResources(tenant.Spec.GPUResources, spec.Child("gpuResources"))...)
}

// ValidateTenantStatusUpdate validates a change of a Tenant's status.
func ValidateTenantStatusUpdate(tenant, old *spectrocloud.Tenant) field.ErrorList {
	status := field.NewPath("status")
	errs := apivalidation.ValidateObjectMetaUpdate(&tenant.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, metav1validation.ValidateConditions(tenant.Status.Conditions, status.Child("conditions"))...)
	errs = append(errs, apivalidation.ValidateNonnegativeField(int64(tenant.Status.Projects), status.Child("projects"))...)
	errs = append(errs, validateSeeing(tenant.Status.ProjectGroups, status.Child("projectGroups"))...)
	for _, project := range slices.Sorted(maps.Keys(tenant.Status.GPUUsage)) {
		errs = append(errs, validateUsage(tenant.Status.GPUUsage[project], status.Child("gpuUsage").Key(project))...)
	}
	return errs
}
