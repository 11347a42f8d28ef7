// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud/wire"
)

// addValidationFuncs registers the generated validation of each kind's spec, as in v1alpha1.
func addValidationFuncs(scheme *runtime.Scheme) error {
	scheme.AddValidationFunc(&ProfileBundle{}, wire.SpecValidation(func(p *ProfileBundle) *ProfileBundleSpec { return &p.Spec }, Validate_ProfileBundleSpec))
	scheme.AddValidationFunc(&WorkloadProfile{}, wire.SpecValidation(func(w *WorkloadProfile) *WorkloadProfileSpec { return &w.Spec }, Validate_WorkloadProfileSpec))
	scheme.AddValidationFunc(&ComponentDefinition{}, wire.SpecValidation(func(c *ComponentDefinition) *ComponentDefinitionSpec { return &c.Spec }, Validate_ComponentDefinitionSpec))
	scheme.AddValidationFunc(&TraitDefinition{}, wire.SpecValidation(func(t *TraitDefinition) *TraitDefinitionSpec { return &t.Spec }, Validate_TraitDefinitionSpec))
	scheme.AddValidationFunc(&PolicyDefinition{}, wire.SpecValidation(func(p *PolicyDefinition) *PolicyDefinitionSpec { return &p.Spec }, Validate_PolicyDefinitionSpec))
	scheme.AddValidationFunc(&VariableSet{}, wire.SpecValidation(func(v *VariableSet) *VariableSetSpec { return &v.Spec }, Validate_VariableSetSpec))
	return nil
}
