// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"unicode"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What validation tags bound in a definition, as in validation.go.
const (
	maxTemplate      = 256 << 10
	maxWorkloadTypes = 64
	maxWorkloadType  = 253
)

// ValidateComponentDefinition validates a new ComponentDefinition.
func ValidateComponentDefinition(definition *spectrocloud.ComponentDefinition) field.ErrorList {
	return append(validateDefinitionMeta(&definition.ObjectMeta), validateComponentDefinitionSpec(definition)...)
}

// ValidateComponentDefinitionUpdate validates the change of a ComponentDefinition from old.
func ValidateComponentDefinitionUpdate(definition, old *spectrocloud.ComponentDefinition) field.ErrorList {
	return validateObjectUpdate(&definition.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(definition.Spec, old.Spec),
		func() field.ErrorList { return validateComponentDefinitionSpec(definition) })
}

func validateComponentDefinitionSpec(definition *spectrocloud.ComponentDefinition) field.ErrorList {
	spec := &definition.Spec
	return validateDefinition(spec.DisplayName, spec.Description, spec.Version, &spec.Schematic)
}

// ValidateTraitDefinition validates a new TraitDefinition.
func ValidateTraitDefinition(definition *spectrocloud.TraitDefinition) field.ErrorList {
	return append(validateDefinitionMeta(&definition.ObjectMeta), validateTraitDefinitionSpec(definition)...)
}

// ValidateTraitDefinitionUpdate validates the change of a TraitDefinition from old.
func ValidateTraitDefinitionUpdate(definition, old *spectrocloud.TraitDefinition) field.ErrorList {
	return validateObjectUpdate(&definition.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(definition.Spec, old.Spec),
		func() field.ErrorList { return validateTraitDefinitionSpec(definition) })
}

func validateTraitDefinitionSpec(definition *spectrocloud.TraitDefinition) field.ErrorList {
	spec := &definition.Spec
	errs := validateDefinition(spec.DisplayName, spec.Description, spec.Version, &spec.Schematic)
	if len(spec.AppliesToWorkloads) > maxWorkloadTypes {
		return errs
	}
	for i, workload := range spec.AppliesToWorkloads {
		errs = append(errs, validateLine(workload, maxWorkloadType, field.NewPath("spec", "appliesToWorkloads").Index(i))...)
	}
	return errs
}

// ValidatePolicyDefinition validates a new PolicyDefinition.
func ValidatePolicyDefinition(definition *spectrocloud.PolicyDefinition) field.ErrorList {
	return append(validateDefinitionMeta(&definition.ObjectMeta), validatePolicyDefinitionSpec(definition)...)
}

// ValidatePolicyDefinitionUpdate validates the change of a PolicyDefinition from old.
func ValidatePolicyDefinitionUpdate(definition, old *spectrocloud.PolicyDefinition) field.ErrorList {
	return validateObjectUpdate(&definition.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(definition.Spec, old.Spec),
		func() field.ErrorList { return validatePolicyDefinitionSpec(definition) })
}

func validatePolicyDefinitionSpec(definition *spectrocloud.PolicyDefinition) field.ErrorList {
	spec := &definition.Spec
	return validateDefinition(spec.DisplayName, spec.Description, spec.Version, &spec.Schematic)
}

func validateDefinitionMeta(metadata *metav1.ObjectMeta) field.ErrorList {
	return apivalidation.ValidateObjectMeta(metadata, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
}

// validateDefinition validates what definitions of all kinds have in common.
func validateDefinition(displayName, description, version string, schematic *spectrocloud.Schematic) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateNames(displayName, description, spec)
	errs = append(errs, validateLine(version, maxVersion, spec.Child("version"))...)
	breaks := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }
	return append(errs, validateText(schematic.CUE.Template, maxTemplate, spec.Child("schematic", "cue", "template"), breaks,
		"must not contain control characters other than line breaks and tabs")...)
}
