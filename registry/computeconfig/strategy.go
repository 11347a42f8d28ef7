// SPDX-License-Identifier: Apache-2.0

package computeconfig

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a ComputeConfig may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.ComputeConfig, spectrocloud.ComputeConfigSpec, strategy.None]{
		Version: "v1alpha1", Namespaced: true,
		Spec:           func(c *spectrocloud.ComputeConfig) *spectrocloud.ComputeConfigSpec { return &c.Spec },
		Validate:       validation.ValidateComputeConfig,
		ValidateUpdate: validation.ValidateComputeConfigUpdate,
	})
}
