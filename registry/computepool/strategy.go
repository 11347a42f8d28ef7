// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a ComputePool may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.ComputePool, spectrocloud.ComputePoolSpec, spectrocloud.ConsumerStatus]{
		Version: "v1alpha1", Namespaced: true,
		Spec:                 func(c *spectrocloud.ComputePool) *spectrocloud.ComputePoolSpec { return &c.Spec },
		Status:               func(c *spectrocloud.ComputePool) *spectrocloud.ConsumerStatus { return &c.Status },
		KeepInStatus:         strategy.KeepDecided,
		Kept:                 strategy.Decided,
		Validate:             validation.ValidateComputePool,
		ValidateUpdate:       validation.ValidateComputePoolUpdate,
		ValidateStatusUpdate: validation.ValidateComputePoolStatusUpdate,
	})
}
