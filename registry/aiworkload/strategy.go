// SPDX-License-Identifier: Apache-2.0

package aiworkload

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of an AIWorkload may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.AIWorkload, spectrocloud.AIWorkloadSpec, spectrocloud.ConsumerStatus]{
		Version: "v1alpha1", Namespaced: true,
		Spec:                 func(a *spectrocloud.AIWorkload) *spectrocloud.AIWorkloadSpec { return &a.Spec },
		Status:               func(a *spectrocloud.AIWorkload) *spectrocloud.ConsumerStatus { return &a.Status },
		KeepInStatus:         strategy.KeepDecided,
		Kept:                 strategy.Decided,
		Validate:             validation.ValidateAIWorkload,
		ValidateUpdate:       validation.ValidateAIWorkloadUpdate,
		ValidateStatusUpdate: validation.ValidateAIWorkloadStatusUpdate,
	})
}
