// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateWorkloadProfile validates a new WorkloadProfile.
func ValidateWorkloadProfile(profile *spectrocloud.WorkloadProfile) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&profile.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return append(errs, validateWorkloadProfileSpec(profile)...)
}

// ValidateWorkloadProfileUpdate validates the change of a WorkloadProfile from old: its spec stays for good.
func ValidateWorkloadProfileUpdate(profile, old *spectrocloud.WorkloadProfile) field.ErrorList {
	return validateObjectUpdate(&profile.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(profile.Spec, old.Spec),
		func() field.ErrorList {
			return field.ErrorList{field.Forbidden(field.NewPath("spec"),
				"can't be changed: create another WorkloadProfile, with spec.revisionOf naming this one if it is a new revision of it")}
		})
}

// What validation tags bound in a workload, as in validation.go.
const (
	maxComponents = 64
	maxOutputName = 63
	maxPath       = 1024
)

// maxProperties is the most bytes that the properties of a component, a trait or a policy may have.
const maxProperties = 64 << 10

func validateWorkloadProfileSpec(profile *spectrocloud.WorkloadProfile) field.ErrorList {
	path, spec := field.NewPath("spec"), &profile.Spec
	errs := validateNames(spec.DisplayName, spec.Description, path)
	if spec.RevisionOf != nil && spec.RevisionOf.Name == profile.Name {
		errs = append(errs, field.Invalid(path.Child("revisionOf", "name"), profile.Name, "must be another WorkloadProfile: a revision has a name of its own"))
	}
	workload := path.Child("workload")
	if len(spec.Workload.Components) <= maxComponents {
		for i := range spec.Workload.Components {
			errs = append(errs, validateComponent(&spec.Workload.Components[i], workload.Child("components").Index(i))...)
		}
	}
	if len(spec.Workload.Policies) <= maxComponents {
		for i, policy := range spec.Workload.Policies {
			errs = append(errs, validateProperties(policy.Properties, workload.Child("policies").Index(i).Child("properties"))...)
		}
	}
	return errs
}

func validateComponent(component *spectrocloud.Component, path *field.Path) field.ErrorList {
	errs := validateProperties(component.Properties, path.Child("properties"))
	if len(component.Traits) <= maxComponents {
		for i, trait := range component.Traits {
			errs = append(errs, validateProperties(trait.Properties, path.Child("traits").Index(i).Child("properties"))...)
		}
	}
	if len(component.DefinitionOutputRefs) <= maxComponents {
		for i, output := range component.DefinitionOutputRefs {
			path := path.Child("definitionOutputRefs").Index(i)
			errs = append(errs, validateLine(output.Name, maxOutputName, path.Child("name"))...)
			errs = append(errs, validateLine(output.PathRef.Path, maxPath, path.Child("pathRef", "path"))...)
		}
	}
	return errs
}

// validateProperties refuses what is not a JSON object, or too large to be one that a person wrote.
func validateProperties(properties *runtime.RawExtension, path *field.Path) field.ErrorList {
	if properties == nil {
		return nil
	}
	if len(properties.Raw) > maxProperties {
		return field.ErrorList{field.TooLong(path, "", maxProperties)}
	}
	var object map[string]any
	if err := json.Unmarshal(properties.Raw, &object); err != nil || object == nil {
		return field.ErrorList{field.Invalid(path, "", "must be a JSON object")}
	}
	return nil
}
