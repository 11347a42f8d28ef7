// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateProject validates a new Project.
func ValidateProject(project *spectrocloud.Project, namespaces Namespaces) field.ErrorList {
	metadata := field.NewPath("metadata")
	errs := apivalidation.ValidateObjectMeta(&project.ObjectMeta, true, apivalidation.NameIsDNSLabel, metadata)
	if project.Name != project.Namespace {
		errs = append(errs, field.Invalid(metadata.Child("name"), project.Name,
			fmt.Sprintf("must equal the namespace, %q: a Project lives in the namespace of its own name", project.Namespace)))
	}
	errs = append(errs, namespaces.validateClaim(project.Namespace, metadata.Child("namespace"))...)
	return append(errs, validateProjectSpec(project, namespaces)...)
}

// ValidateProjectUpdate validates the change of a Project from old. That its Tenant stays is a validation tag. A spec that
// stays as it is stored is not validated again, so that a rule made later never keeps an object from being finalized.
func ValidateProjectUpdate(project, old *spectrocloud.Project, namespaces Namespaces) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&project.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	if equality.Semantic.DeepEqual(project.Spec, old.Spec) {
		return errs
	}
	return append(errs, validateProjectSpec(project, namespaces)...)
}

func validateProjectSpec(project *spectrocloud.Project, namespaces Namespaces) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateDisplayName(project.Spec.DisplayName, spec.Child("displayName"))

	reachable := []string{project.Namespace, project.Spec.TenantRef.Name, namespaces.System}
	errs = append(errs, validateReference(project.Spec.SettingsRef, spec.Child("settingsRef"), reachable...)...)
	errs = append(errs, validateReference(project.Spec.ComputeConfigRef, spec.Child("computeConfigRef"), reachable...)...)

	roles := spec.Child("roleMapping")
	errs = append(errs, validateGroups(project.Spec.RoleMapping.Viewer, roles.Child("viewer"))...)
	errs = append(errs, validateGroups(project.Spec.RoleMapping.Editor, roles.Child("editor"))...)
	errs = append(errs, validateGroups(project.Spec.RoleMapping.Admin, roles.Child("admin"))...)
	return append(errs, validateGPUResources(project.Spec.GPUResources, spec.Child("gpuResources"))...)
}

// ValidateProjectStatusUpdate validates a change of a Project's status.
func ValidateProjectStatusUpdate(project, old *spectrocloud.Project) field.ErrorList {
	status := field.NewPath("status")
	errs := apivalidation.ValidateObjectMetaUpdate(&project.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	errs = append(errs, metav1validation.ValidateConditions(project.Status.Conditions, status.Child("conditions"))...)
	errs = append(errs, validateSeeing(project.Status.TenantGroups, status.Child("tenantGroups"))...)
	return append(errs, validateUsage(project.Status.GPUUsage, status.Child("gpuUsage"))...)
}
