// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"regexp"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateVariableSet validates a new VariableSet.
func ValidateVariableSet(set *spectrocloud.VariableSet) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&set.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return append(errs, validateVariableSetSpec(set)...)
}

// ValidateVariableSetUpdate validates the change of a VariableSet from old.
func ValidateVariableSetUpdate(set, old *spectrocloud.VariableSet) field.ErrorList {
	return validateObjectUpdate(&set.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(set.Spec, old.Spec),
		func() field.ErrorList { return validateVariableSetSpec(set) })
}

// What validation tags bound in a VariableSet, as in validation.go.
const (
	maxVariables     = 1024
	maxVariableName  = 63
	maxVariableValue = 4096
	maxVariableText  = 1024
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func validateVariableSetSpec(set *spectrocloud.VariableSet) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateNames(set.Spec.DisplayName, set.Spec.Description, spec)
	if len(set.Spec.Variables) > maxVariables {
		return errs
	}
	for i := range set.Spec.Variables {
		errs = append(errs, validateVariable(&set.Spec.Variables[i], spec.Child("variables").Index(i))...)
	}
	return errs
}

func validateVariable(variable *spectrocloud.Variable, path *field.Path) field.ErrorList {
	errs := validateLine(variable.Description, maxVariableText, path.Child("description"))
	if variable.Name != "" && !longer(variable.Name, maxVariableName) && !variableName.MatchString(variable.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), variable.Name, "must be a letter or an underscore, then letters, digits and underscores"))
	}
	errs = append(errs, validateText(variable.Value, maxVariableValue, path.Child("value"), isNull, "must not contain a null character")...)
	if variable.SecretRef == nil {
		return errs
	}
	if variable.Value != "" {
		errs = append(errs, field.Forbidden(path.Child("value"), "may not be set beside secretRef, which says where the value is"))
	}
	return append(errs, validateDataKey(variable.SecretRef.Key, path.Child("secretRef", "key"))...)
}
