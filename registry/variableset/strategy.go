// SPDX-License-Identifier: Apache-2.0

package variableset

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a VariableSet may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.VariableSet, spectrocloud.VariableSetSpec, strategy.None]{
		Version: "v1beta1", Namespaced: true,
		Spec:           func(v *spectrocloud.VariableSet) *spectrocloud.VariableSetSpec { return &v.Spec },
		Validate:       validation.ValidateVariableSet,
		ValidateUpdate: validation.ValidateVariableSetUpdate,
	})
}
