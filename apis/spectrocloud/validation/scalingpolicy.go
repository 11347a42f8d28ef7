// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateScalingPolicy validates a new ScalingPolicy.
func ValidateScalingPolicy(policy *spectrocloud.ScalingPolicy) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&policy.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return append(errs, validateScalingPolicySpec(policy)...)
}

// ValidateScalingPolicyUpdate validates the change of a ScalingPolicy from old.
func ValidateScalingPolicyUpdate(policy, old *spectrocloud.ScalingPolicy) field.ErrorList {
	return validateObjectUpdate(&policy.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(policy.Spec, old.Spec),
		func() field.ErrorList { return validateScalingPolicySpec(policy) })
}

// ValidateScalingPolicyStatusUpdate validates a change of a ScalingPolicy's status.
func ValidateScalingPolicyStatusUpdate(policy, old *spectrocloud.ScalingPolicy) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&policy.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	return append(errs, metav1validation.ValidateConditions(policy.Status.Conditions, field.NewPath("status", "conditions"))...)
}

// What validation tags bound in a ScalingPolicy, as in validation.go.
const (
	maxFamilies     = 64
	maxDurationText = 63
)

// maxScalingDuration is the longest time that scaling may wait for anything.
const maxScalingDuration = 24 * time.Hour

func validateScalingPolicySpec(policy *spectrocloud.ScalingPolicy) field.ErrorList {
	path, spec := field.NewPath("spec"), &policy.Spec
	errs := validateNames(spec.DisplayName, spec.Description, path)
	if spec.CPU == nil && len(spec.GPU) == 0 {
		errs = append(errs, field.Required(path, "at least one of cpu and gpu must be given: nothing would ever be scaled"))
	}
	if spec.CPU != nil {
		errs = append(errs, validateTrigger(spec.CPU, path.Child("cpu"))...)
	}
	if bounds := spec.CPUResourceBounds; bounds != nil && bounds.MinCPUCount > bounds.MaxCPUCount {
		errs = append(errs, field.Invalid(path.Child("cpuResourceBounds", "minCPUCount"), bounds.MinCPUCount, fmt.Sprintf("must not be above maxCPUCount, %d", bounds.MaxCPUCount)))
	}
	errs = append(errs, validateGPUScaling(spec, path)...)
	errs = append(errs, validateScalingDuration(spec.CooldownDuration, path.Child("cooldownDuration"))...)
	return append(errs, validateScalingDuration(spec.AbortDuration, path.Child("abortDuration"))...)
}

func validateGPUScaling(spec *spectrocloud.ScalingPolicySpec, path *field.Path) field.ErrorList {
	if len(spec.GPU) > maxFamilies || len(spec.GPUResourceBounds) > maxFamilies {
		return nil
	}
	var errs field.ErrorList
	scaled := map[string]bool{}
	for i := range spec.GPU {
		trigger, path := &spec.GPU[i], path.Child("gpu").Index(i)
		scaled[trigger.Family] = true
		errs = append(errs, validateFamilyName(trigger.Family, path.Child("family"))...)
		errs = append(errs, validateTrigger(&trigger.ScalingTrigger, path)...)
	}
	for i, bounds := range spec.GPUResourceBounds {
		path := path.Child("gpuResourceBounds").Index(i)
		if !scaled[bounds.Family] && !longer(bounds.Family, maxFamilyName) {
			errs = append(errs, field.Invalid(path.Child("family"), bounds.Family, "must be a family that gpu lists"))
		}
		if bounds.MinGPUCount > bounds.MaxGPUCount {
			errs = append(errs, field.Invalid(path.Child("minGPUCount"), bounds.MinGPUCount, fmt.Sprintf("must not be above maxGPUCount, %d", bounds.MaxGPUCount)))
		}
	}
	return errs
}

func validateTrigger(trigger *spectrocloud.ScalingTrigger, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if up, down := trigger.ScaleUpThreshold, trigger.ScaleDownThreshold; up != nil && down != nil && *down >= *up {
		errs = append(errs, field.Invalid(path.Child("scaleDownThreshold"), *down, fmt.Sprintf("must be below scaleUpThreshold, %d", *up)))
	}
	errs = append(errs, validateScalingDuration(trigger.ScaleUpDuration, path.Child("scaleUpDuration"))...)
	return append(errs, validateScalingDuration(trigger.ScaleDownDuration, path.Child("scaleDownDuration"))...)
}

// validateScalingDuration refuses what is no duration that scaling may take. It is stored as it is written, so that whoever
// applies it again finds it unchanged.
func validateScalingDuration(text string, path *field.Path) field.ErrorList {
	if text == "" || longer(text, maxDurationText) {
		return nil
	}
	if duration, err := time.ParseDuration(text); err != nil || duration < 0 || duration > maxScalingDuration {
		return field.ErrorList{field.Invalid(path, text, "must be a duration from 0s to 24h, for example 90s or 1h30m")}
	}
	return nil
}
