// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

type counts = spectrocloud.GPUCounts

func TestAFamilyHasItsOwnEntryElseDefaultElseNone(t *testing.T) {
	for name, tc := range map[string]struct {
		counts counts
		want   int32
		found  bool
	}{
		"its own entry":                        {counts{"A100": 8, "Default": 4}, 8, true},
		"its own entry of zero, not Default":   {counts{"A100": 0, "Default": 4}, 0, true},
		"Default where it is not listed":       {counts{"H100": 8, "Default": 4}, 4, true},
		"none where there is no Default":       {counts{"H100": 8}, 0, false},
		"none in a quota that lists no family": {nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := quota.Lookup(tc.counts, "A100")
			assert.Equal(t, tc.want, got)
			assert.Equal(t, tc.found, found)
		})
	}
}

func TestAProjectEntryMayNotExceedItsTenantsLookupForTheKey(t *testing.T) {
	for name, tc := range map[string]struct {
		project, tenant spectrocloud.GPUResources
		want            []quota.Excess
	}{
		"the seed's pair agrees, its Default unlimited above": {
			project: spectrocloud.GPUResources{
				Limits:   counts{"NVIDIA-A100": 64, "NVIDIA-H100": 48, "Default": 24},
				Requests: counts{"NVIDIA-A100": 6, "NVIDIA-H100": 6, "Default": 4}},
			tenant: spectrocloud.GPUResources{
				Limits:   counts{"NVIDIA-A100": 64, "NVIDIA-H100": 48},
				Requests: counts{"NVIDIA-A100": 8, "NVIDIA-H100": 8}},
		},
		"above the Tenant's own entry": {
			project: spectrocloud.GPUResources{Limits: counts{"A100": 65}},
			tenant:  spectrocloud.GPUResources{Limits: counts{"A100": 64, "Default": 100}},
			want:    []quota.Excess{{Field: "limits", Family: "A100", Project: 65, Tenant: 64}},
		},
		"above the Tenant's Default": {
			project: spectrocloud.GPUResources{Requests: counts{"L4": 5}},
			tenant:  spectrocloud.GPUResources{Requests: counts{"A100": 64, "Default": 4}},
			want:    []quota.Excess{{Field: "requests", Family: "L4", Project: 5, Tenant: 4}},
		},
		"Default above Default": {
			project: spectrocloud.GPUResources{Limits: counts{"Default": 5}},
			tenant:  spectrocloud.GPUResources{Limits: counts{"Default": 4}},
			want:    []quota.Excess{{Field: "limits", Family: "Default", Project: 5, Tenant: 4}},
		},
		"limits before requests, each by family": {
			project: spectrocloud.GPUResources{Limits: counts{"b": 2, "a": 2}, Requests: counts{"a": 2}},
			tenant:  spectrocloud.GPUResources{Limits: counts{"Default": 1}, Requests: counts{"Default": 1}},
			want: []quota.Excess{{Field: "limits", Family: "a", Project: 2, Tenant: 1},
				{Field: "limits", Family: "b", Project: 2, Tenant: 1}, {Field: "requests", Family: "a", Project: 2, Tenant: 1}},
		},
		"limits are not held against requests": {
			project: spectrocloud.GPUResources{Limits: counts{"A100": 64}},
			tenant:  spectrocloud.GPUResources{Requests: counts{"A100": 8}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, quota.Excesses(tc.project, tc.tenant))
		})
	}
}
