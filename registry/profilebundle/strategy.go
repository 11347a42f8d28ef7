// SPDX-License-Identifier: Apache-2.0

package profilebundle

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a ProfileBundle may do.
func newStrategy(scheme *runtime.Scheme, namespaces validation.Namespaces) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.ProfileBundle, spectrocloud.ProfileBundleSpec, strategy.None]{
		Version: "v1beta1", Namespaced: true,
		Spec: func(p *spectrocloud.ProfileBundle) *spectrocloud.ProfileBundleSpec { return &p.Spec },
		Validate: func(p *spectrocloud.ProfileBundle) field.ErrorList {
			return validation.ValidateProfileBundle(p, namespaces)
		},
		ValidateUpdate: func(updated, old *spectrocloud.ProfileBundle) field.ErrorList {
			return validation.ValidateProfileBundleUpdate(updated, old, namespaces)
		},
	})
}
