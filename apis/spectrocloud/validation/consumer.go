// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// This file is what ComputePools and AIWorkloads, the consumers of GPUs, have in common.

// maxDescription is what a validation tag bounds, as in validation.go.
const maxDescription = 4096

// maxGPUs is the most GPUs of a family that one object may ask for.
const maxGPUs = 1_000_000

// ValidateConsumerReferences refuses references of a ComputePool or an AIWorkload to a namespace that is neither its own, nor
// that of its Project's tenant, nor the system's. The ledger calls it, since no consumer says what its Tenant is. References
// that are as in old, which is nil on create, are not judged again.
func ValidateConsumerReferences(consumer, old runtime.Object, tenant string, namespaces Namespaces) field.ErrorList {
	var errs field.ErrorList
	own, references := consumerReferences(consumer)
	_, before := consumerReferences(old)
	for _, name := range slices.Sorted(maps.Keys(references)) {
		if ref := references[name]; ref != before[name] {
			errs = append(errs, validateReference(&ref, field.NewPath("spec", name), own, tenant, namespaces.System)...)
		}
	}
	return errs
}

// consumerReferences are a consumer's namespace and, by the name of the field, its references to other namespaces.
func consumerReferences(consumer runtime.Object) (string, map[string]spectrocloud.ResourceReference) {
	references := map[string]spectrocloud.ResourceReference{}
	bundle := func(ref *spectrocloud.ProfileBundleReference) {
		if ref != nil {
			references["profileBundleRef"] = spectrocloud.ResourceReference{Name: ref.Name, Namespace: ref.Namespace}
		}
	}
	switch c := consumer.(type) {
	case *spectrocloud.ComputePool:
		bundle(c.Spec.ProfileBundleRef)
		if ref := c.Spec.ScalingPolicyRef; ref != nil {
			references["scalingPolicyRef"] = *ref
		}
		return c.Namespace, references
	case *spectrocloud.AIWorkload:
		bundle(c.Spec.ProfileBundleRef)
		return c.Namespace, references
	}
	return "", nil
}

// validateRequested refuses to ask for more GPUs than can be counted.
func validateRequested(requested spectrocloud.GPUCounts, path *field.Path) field.ErrorList {
	if len(requested) > maxWorkerPools {
		return nil
	}
	var errs field.ErrorList
	for _, family := range slices.Sorted(maps.Keys(requested)) {
		if requested[family] > maxGPUs && !longer(family, maxFamilyName) {
			errs = append(errs, field.Invalid(path, family, fmt.Sprintf("all nodes together ask for more than %d GPUs of this family", maxGPUs)))
		}
	}
	return errs
}

// validateFamilyNames refuses requests for the Default family.
func validateFamilyNames(counts spectrocloud.GPUCounts, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, family := range slices.Sorted(maps.Keys(counts)) {
		errs = append(errs, validateFamilyName(family, path.Key(family))...)
	}
	return errs
}

func validateFamilyName(family string, path *field.Path) field.ErrorList {
	if strings.EqualFold(family, spectrocloud.DefaultFamily) {
		return field.ErrorList{field.Invalid(path, family, "must be the name of a GPU family: Default stands for families in quotas only")}
	}
	return nil
}

// validateDescription refuses what would break the text it is printed in.
func validateDescription(description string, path *field.Path) field.ErrorList {
	breaks := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	return validateText(description, maxDescription, path, breaks, "must not contain control characters other than line breaks and tabs")
}

var consumerPhases = []spectrocloud.ConsumerPhase{
	"", spectrocloud.ConsumerPending, spectrocloud.ConsumerSuspended, spectrocloud.ConsumerAdmitted,
	spectrocloud.ConsumerProvisioning, spectrocloud.ConsumerRunning, spectrocloud.ConsumerFailed,
}

func validateConsumerStatus(status *spectrocloud.ConsumerStatus, path *field.Path) field.ErrorList {
	errs := metav1validation.ValidateConditions(status.Conditions, path.Child("conditions"))
	if !slices.Contains(consumerPhases, status.Phase) {
		errs = append(errs, field.NotSupported(path.Child("phase"), status.Phase, consumerPhases[1:]))
	}
	return append(errs, validateUsage(status.GPUUsage, path.Child("gpuUsage"))...)
}
