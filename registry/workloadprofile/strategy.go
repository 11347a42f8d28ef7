// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a WorkloadProfile may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.WorkloadProfile, spectrocloud.WorkloadProfileSpec, spectrocloud.WorkloadProfileStatus]{
		Version: "v1beta1", Namespaced: true,
		Spec:           func(w *spectrocloud.WorkloadProfile) *spectrocloud.WorkloadProfileSpec { return &w.Spec },
		Status:         func(w *spectrocloud.WorkloadProfile) *spectrocloud.WorkloadProfileStatus { return &w.Status },
		Normalize:      normalize,
		Validate:       validation.ValidateWorkloadProfile,
		ValidateUpdate: validation.ValidateWorkloadProfileUpdate,
	})
}
