// SPDX-License-Identifier: Apache-2.0

package policydefinition

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a PolicyDefinition may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.PolicyDefinition, spectrocloud.PolicyDefinitionSpec, strategy.None]{
		Version: "v1beta1", Namespaced: true,
		Spec:           func(p *spectrocloud.PolicyDefinition) *spectrocloud.PolicyDefinitionSpec { return &p.Spec },
		Validate:       validation.ValidatePolicyDefinition,
		ValidateUpdate: validation.ValidatePolicyDefinitionUpdate,
	})
}
