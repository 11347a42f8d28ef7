// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a Settings may do.
func newStrategy(scheme *runtime.Scheme) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.Settings, spectrocloud.SettingsSpec, strategy.None]{
		Version: "v1alpha1", Namespaced: true,
		Spec:           func(s *spectrocloud.Settings) *spectrocloud.SettingsSpec { return &s.Spec },
		Validate:       validation.ValidateSettings,
		ValidateUpdate: validation.ValidateSettingsUpdate,
	})
}
