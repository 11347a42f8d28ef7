// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud/wire"
)

// addValidationFuncs registers the generated validation of each kind's spec. The registration is written by hand because
// validation-gen refuses a root type whose status has a map of maps, as Tenant's gpuUsage is; status is written by
// controllers and validated in apis/spectrocloud/validation.
func addValidationFuncs(scheme *runtime.Scheme) error {
	scheme.AddValidationFunc(&Tenant{}, wire.SpecValidation(func(t *Tenant) *TenantSpec { return &t.Spec }, Validate_TenantSpec))
	scheme.AddValidationFunc(&Project{}, wire.SpecValidation(func(p *Project) *ProjectSpec { return &p.Spec }, Validate_ProjectSpec))
	scheme.AddValidationFunc(&ComputePool{}, wire.SpecValidation(func(p *ComputePool) *ComputePoolSpec { return &p.Spec }, Validate_ComputePoolSpec))
	scheme.AddValidationFunc(&AIWorkload{}, wire.SpecValidation(func(w *AIWorkload) *AIWorkloadSpec { return &w.Spec }, Validate_AIWorkloadSpec))
	scheme.AddValidationFunc(&Settings{}, wire.SpecValidation(func(s *Settings) *SettingsSpec { return &s.Spec }, Validate_SettingsSpec))
	scheme.AddValidationFunc(&ComputeConfig{}, wire.SpecValidation(func(c *ComputeConfig) *ComputeConfigSpec { return &c.Spec }, Validate_ComputeConfigSpec))
	scheme.AddValidationFunc(&ScalingPolicy{}, wire.SpecValidation(func(p *ScalingPolicy) *ScalingPolicySpec { return &p.Spec }, Validate_ScalingPolicySpec))
	return nil
}
