// SPDX-License-Identifier: Apache-2.0

package componentdefinition

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a ComponentDefinition may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.ComponentDefinition, spectrocloud.ComponentDefinitionSpec, strategy.None]{
		Version: "v1beta1", Namespaced: true,
		Spec:           func(c *spectrocloud.ComponentDefinition) *spectrocloud.ComponentDefinitionSpec { return &c.Spec },
		Validate:       validation.ValidateComponentDefinition,
		ValidateUpdate: validation.ValidateComponentDefinitionUpdate,
	})
}
