// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// ValidateAIWorkload validates a new AIWorkload. Its labels are the user's: one that is not a Model Deployment by its
// label is an App Deployment.
func ValidateAIWorkload(workload *spectrocloud.AIWorkload) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&workload.ObjectMeta, true, apivalidation.NameIsDNSLabel, field.NewPath("metadata"))
	return append(errs, validateAIWorkloadSpec(workload)...)
}

// ValidateAIWorkloadUpdate validates the change of an AIWorkload from old. A spec that stays as it is stored is not
// validated again, so that a rule made later never stands in the way of other changes.
func ValidateAIWorkloadUpdate(workload, old *spectrocloud.AIWorkload) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&workload.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	if equality.Semantic.DeepEqual(workload.Spec, old.Spec) {
		return errs
	}
	spec := field.NewPath("spec")
	if !equality.Semantic.DeepEqual(workload.Spec.ComputePoolRef, old.Spec.ComputePoolRef) {
		errs = append(errs, field.Forbidden(spec.Child("computePoolRef"), "can't be changed: create another AIWorkload"))
	}
	errs = append(errs, validateVariantUpdate(workload.Spec.ClusterVariant, old.Spec.ClusterVariant, spec.Child("clusterVariant"))...)
	return append(errs, validateAIWorkloadSpec(workload)...)
}

func validateAIWorkloadSpec(workload *spectrocloud.AIWorkload) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateDisplayName(workload.Spec.DisplayName, spec.Child("displayName"))
	errs = append(errs, validateDescription(workload.Spec.Description, spec.Child("description"))...)
	errs = append(errs, validateFamilyNames(workload.Spec.GPURequests, spec.Child("gpuRequests"))...)

	variant := workload.Spec.ClusterVariant
	if variant == nil {
		return errs
	}
	path := spec.Child("clusterVariant")
	if workload.Spec.ComputePoolRef != nil {
		errs = append(errs, field.Forbidden(path, "may not be set beside computePoolRef: the workload runs either on a ComputePool or in a cluster of its own"))
	}
	if variant.Shared != nil {
		errs = append(errs, field.Forbidden(path.Child("shared"), "only a ComputePool may be shared: create one, and name it in computePoolRef"))
	}
	ofCluster := quota.RequestedByPool(&spectrocloud.ComputePool{Spec: spectrocloud.ComputePoolSpec{ClusterVariant: *variant}})
	if len(workload.Spec.GPURequests) > 0 && len(ofCluster) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("gpuRequests"), "may not be set where worker pools of clusterVariant ask for GPUs: these are what the workload gets"))
	}
	errs = append(errs, validateRequested(ofCluster, path)...)
	return append(errs, validateVariant(variant, path)...)
}

// ValidateAIWorkloadStatusUpdate validates a change of an AIWorkload's status.
func ValidateAIWorkloadStatusUpdate(workload, old *spectrocloud.AIWorkload) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&workload.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	return append(errs, validateConsumerStatus(&workload.Status, field.NewPath("status"))...)
}
