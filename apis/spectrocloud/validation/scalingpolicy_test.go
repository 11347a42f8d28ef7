// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

func scaled(n int) []spectrocloud.GPUScalingTrigger {
	all := make([]spectrocloud.GPUScalingTrigger, n)
	for i := range all {
		all[i] = spectrocloud.GPUScalingTrigger{Family: fmt.Sprintf("family-%d", i), ScalingTrigger: trigger()}
	}
	return all
}

func TestAScalingPolicyThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type S = spectrocloud.ScalingPolicySpec
	for what, tc := range map[string]struct {
		change func(*S)
		want   []string
	}{
		"as it should be": {func(*S) {}, nil},
		"by CPU alone":    {func(s *S) { s.GPU, s.GPUResourceBounds = nil, nil }, nil},
		"by GPU alone":    {func(s *S) { s.CPU, s.CPUResourceBounds = nil, nil }, nil},
		"by nothing":      {func(s *S) { s.CPU, s.GPU, s.GPUResourceBounds = nil, nil, nil }, []string{"Required value: spec"}},

		"0 is no use to grow above":      {func(s *S) { *s.CPU.ScaleUpThreshold, *s.CPU.ScaleDownThreshold = 0, 0 }, []string{"Invalid value: spec.cpu.scaleUpThreshold", "Invalid value: spec.cpu.scaleDownThreshold"}},
		"0 keeps it from ever shrinking": {func(s *S) { *s.CPU.ScaleDownThreshold = 0 }, nil},
		"1 and 0":                        {func(s *S) { *s.CPU.ScaleUpThreshold, *s.CPU.ScaleDownThreshold = 1, 0 }, nil},
		"100 and 99":                     {func(s *S) { *s.CPU.ScaleUpThreshold, *s.CPU.ScaleDownThreshold = 100, 99 }, nil},
		"above 100":                      {func(s *S) { *s.CPU.ScaleUpThreshold = 101 }, []string{"Invalid value: spec.cpu.scaleUpThreshold"}},
		"below 0":                        {func(s *S) { *s.CPU.ScaleDownThreshold = -1 }, []string{"Invalid value: spec.cpu.scaleDownThreshold"}},
		"both the same":                  {func(s *S) { *s.CPU.ScaleDownThreshold = 80 }, []string{"Invalid value: spec.cpu.scaleDownThreshold"}},
		"the wrong way round":            {func(s *S) { *s.GPU[0].ScaleDownThreshold = 81 }, []string{"Invalid value: spec.gpu[0].scaleDownThreshold"}},
		"bounds that are one":            {func(s *S) { s.CPUResourceBounds.MinCPUCount = 64 }, nil},
		"bounds the wrong way round":     {func(s *S) { s.CPUResourceBounds.MinCPUCount = 65 }, []string{"Invalid value: spec.cpuResourceBounds.minCPUCount"}},
		"at least fewer than none":       {func(s *S) { s.CPUResourceBounds.MinCPUCount = -1 }, []string{"Invalid value: spec.cpuResourceBounds.minCPUCount"}},
		"at most none, said otherwise":   {func(s *S) { s.CPUResourceBounds = new(spectrocloud.CPUResourceBounds) }, []string{"Required value: spec.cpuResourceBounds.maxCPUCount"}},
		"a million":                      {func(s *S) { s.CPUResourceBounds.MaxCPUCount = 1_000_000 }, nil},
		"more":                           {func(s *S) { s.CPUResourceBounds.MaxCPUCount = math.MaxInt32 }, []string{"Invalid value: spec.cpuResourceBounds.maxCPUCount"}},

		"no family":                   {func(s *S) { s.GPU[0].Family, s.GPUResourceBounds = "", nil }, []string{"Required value: spec.gpu[0].family"}},
		"Default, which is no family": {func(s *S) { s.GPU[0].Family, s.GPUResourceBounds = "Default", nil }, []string{"Invalid value: spec.gpu[0].family"}},
		"a family that is no name":    {func(s *S) { s.GPU[0].Family, s.GPUResourceBounds = "A 100", nil }, []string{"Invalid value: spec.gpu[0].family"}},
		"a family twice":              {func(s *S) { s.GPU = append(s.GPU, s.GPU[0]) }, []string{"Duplicate value: spec.gpu[1]"}},
		"64 families":                 {func(s *S) { s.GPU, s.GPUResourceBounds = scaled(64), nil }, nil},
		"65":                          {func(s *S) { s.GPU, s.GPUResourceBounds = scaled(65), nil }, []string{"Too many: spec.gpu"}},
		"bounds of another family":    {func(s *S) { s.GPUResourceBounds[0].Family = "H100" }, []string{"Invalid value: spec.gpuResourceBounds[0].family"}},
		"bounds of a family twice":    {func(s *S) { s.GPUResourceBounds = append(s.GPUResourceBounds, s.GPUResourceBounds[0]) }, []string{"Duplicate value: spec.gpuResourceBounds[1]"}},
		"at least more than at most":  {func(s *S) { s.GPUResourceBounds[0].MinGPUCount = 9 }, []string{"Invalid value: spec.gpuResourceBounds[0].minGPUCount"}},
		"at most none":                {func(s *S) { s.GPUResourceBounds[0].MinGPUCount, s.GPUResourceBounds[0].MaxGPUCount = 0, 0 }, []string{"Required value: spec.gpuResourceBounds[0].maxGPUCount"}},
		"at most fewer than none":     {func(s *S) { s.GPUResourceBounds[0].MinGPUCount, s.GPUResourceBounds[0].MaxGPUCount = 0, -1 }, []string{"Invalid value: spec.gpuResourceBounds[0].maxGPUCount", "Invalid value: spec.gpuResourceBounds[0].minGPUCount"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, scalingPolicy(func(o *spectrocloud.ScalingPolicy) { tc.change(&o.Spec) }))))
		})
	}
}

func TestADurationIsFromNoneToADay(t *testing.T) {
	type S = spectrocloud.ScalingPolicySpec
	for field, set := range map[string]func(*S, string){
		"spec.cooldownDuration":         func(s *S, d string) { s.CooldownDuration = d },
		"spec.abortDuration":            func(s *S, d string) { s.AbortDuration = d },
		"spec.cpu.scaleUpDuration":      func(s *S, d string) { s.CPU.ScaleUpDuration = d },
		"spec.cpu.scaleDownDuration":    func(s *S, d string) { s.CPU.ScaleDownDuration = d },
		"spec.gpu[0].scaleUpDuration":   func(s *S, d string) { s.GPU[0].ScaleUpDuration = d },
		"spec.gpu[0].scaleDownDuration": func(s *S, d string) { s.GPU[0].ScaleDownDuration = d },
	} {
		refused, tooLong := []string{"Invalid value: " + field}, []string{"Too long: " + field}
		for duration, want := range map[string][]string{
			"0s": nil, "0": nil, "1ns": nil, "90s": nil, "1h30m": nil, "24h": nil, "1440m": nil,
			"-1ns": refused, "24h1ns": refused, "10000000h": refused, "15": refused, "1d": refused, " 1m": refused, "five": refused,
			strings.Repeat("1", 64) + "h": tooLong,
		} {
			policy := scalingPolicy(func(o *spectrocloud.ScalingPolicy) { set(&o.Spec, duration) })
			assert.Equal(t, want, said(create(t, policy)), "%s of %s", field, duration)
		}
	}
}

func TestAScalingPolicysStatusOfNonsenseIsRefused(t *testing.T) {
	policy := scalingPolicy(func(o *spectrocloud.ScalingPolicy) {
		o.Status.Conditions = []metav1.Condition{{Type: "PrometheusAvailable", Status: "Perhaps", Reason: "R", LastTransitionTime: metav1.Now()}}
	})
	assert.Equal(t, []string{"Unsupported value: status.conditions[0].status"}, said(validation.ValidateScalingPolicyStatusUpdate(policy, scalingPolicy(nil))))
	policy.Status.Conditions[0].Status = "True"
	assert.Empty(t, validation.ValidateScalingPolicyStatusUpdate(policy, scalingPolicy(nil)))
}
