// SPDX-License-Identifier: Apache-2.0

package scalingpolicy

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a ScalingPolicy may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.ScalingPolicy, spectrocloud.ScalingPolicySpec, spectrocloud.ScalingPolicyStatus]{
		Version: "v1alpha1", Namespaced: true,
		Spec:                 func(s *spectrocloud.ScalingPolicy) *spectrocloud.ScalingPolicySpec { return &s.Spec },
		Status:               func(s *spectrocloud.ScalingPolicy) *spectrocloud.ScalingPolicyStatus { return &s.Status },
		Validate:             validation.ValidateScalingPolicy,
		ValidateUpdate:       validation.ValidateScalingPolicyUpdate,
		ValidateStatusUpdate: validation.ValidateScalingPolicyStatusUpdate,
	})
}
