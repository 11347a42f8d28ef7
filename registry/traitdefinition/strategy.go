// SPDX-License-Identifier: Apache-2.0

package traitdefinition

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a TraitDefinition may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.TraitDefinition, spectrocloud.TraitDefinitionSpec, strategy.None]{
		Version: "v1beta1", Namespaced: true,
		Spec:           func(t *spectrocloud.TraitDefinition) *spectrocloud.TraitDefinitionSpec { return &t.Spec },
		Validate:       validation.ValidateTraitDefinition,
		ValidateUpdate: validation.ValidateTraitDefinitionUpdate,
	})
}
