// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

func level(kind, name string, limits counts, used quota.Sums) quota.Level {
	return quota.Level{Kind: kind, Name: name, Quotas: spectrocloud.GPUResources{Limits: limits}, Used: used}
}

func TestBothLevelsAreCheckedAndTheTighterWins(t *testing.T) {
	for name, tc := range map[string]struct {
		tenant, project counts
		used, usedHere  quota.Sums
		request         counts
		want            string
	}{
		"nothing restricts it":                         {nil, nil, nil, nil, counts{"A100": 1000}, ""},
		"to the last GPU of the Project":               {counts{"A100": 64}, counts{"A100": 8}, quota.Sums{"A100": 4}, quota.Sums{"A100": 4}, counts{"A100": 4}, ""},
		"one more than the Project has left":           {counts{"A100": 64}, counts{"A100": 8}, quota.Sums{"A100": 4}, quota.Sums{"A100": 4}, counts{"A100": 5}, "5 A100: ml uses 4 of 8 (Project limit; 4 would fit)"},
		"to the last GPU of the Tenant":                {counts{"A100": 8}, counts{"A100": 8}, quota.Sums{"A100": 7}, nil, counts{"A100": 1}, ""},
		"what other Projects use counts":               {counts{"A100": 8}, counts{"A100": 8}, quota.Sums{"A100": 7}, nil, counts{"A100": 2}, "2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)"},
		"Default lifts nothing that the Tenant names":  {counts{"A100": 4}, counts{"Default": 24}, nil, nil, counts{"A100": 5}, "5 A100: acme uses 0 of 4 (Tenant limit; 4 would fit)"},
		"Default holds for each family on its own":     {nil, counts{"Default": 4}, nil, quota.Sums{"A100": 4}, counts{"H100": 4}, ""},
		"a Project without an entry has the Tenant's":  {counts{"A100": 4}, nil, nil, nil, counts{"A100": 5}, "5 A100: acme uses 0 of 4 (Tenant limit; 4 would fit)"},
		"a limit below what is used leaves nothing":    {nil, counts{"A100": 4}, nil, quota.Sums{"A100": 6}, counts{"A100": 1}, "1 A100: ml uses 6 of 4 (Project limit; 0 would fit)"},
		"a limit of none":                              {counts{"A100": 0}, nil, nil, nil, counts{"A100": 1}, "1 A100: acme uses 0 of 0 (Tenant limit; 0 would fit)"},
		"asking for none of a family that is full":     {nil, counts{"A100": 4}, nil, quota.Sums{"A100": 6}, counts{"A100": 0, "H100": 1}, ""},
		"each family that is short is named":           {nil, counts{"Default": 1}, nil, nil, counts{"b": 2, "a": 3, "c": 1}, "3 a: ml uses 0 of 1 (Project limit; 1 would fit); 2 b: ml uses 0 of 1 (Project limit; 1 would fit)"},
		"usage that no status could count is refused":  {nil, nil, quota.Sums{"A100": math.MaxInt32 - 1}, nil, counts{"A100": 2}, "2 A100: acme uses 2147483646 of 2147483647 (Tenant limit; 1 would fit)"},
		"no sum overflows, however much is asked for":  {nil, nil, quota.Sums{"A100": math.MaxInt32}, quota.Sums{"A100": math.MaxInt32}, counts{"A100": math.MaxInt32}, "2147483647 A100: ml uses 2147483647 of 2147483647 (Project limit; 0 would fit)"},
		"the level with less left explains a shortage": {counts{"A100": 10}, counts{"A100": 5}, quota.Sums{"A100": 9}, quota.Sums{"A100": 3}, counts{"A100": 4}, "4 A100: acme uses 9 of 10 (Tenant limit; 1 would fit)"},
	} {
		t.Run(name, func(t *testing.T) {
			levels := []quota.Level{level("Tenant", "acme", tc.tenant, tc.used), level("Project", "ml", tc.project, tc.usedHere)}
			assert.Equal(t, tc.want, quota.Describe(quota.Shortages(tc.request, levels...)))
			assert.Equal(t, tc.want == "", quota.Fit(tc.request, levels...))
		})
	}
}

func TestWhatIsReservedIsAsGoodAsUsed(t *testing.T) {
	full := level("Project", "ml", counts{"A100": 4}, quota.Sums{"A100": 2})
	full.Reserved = quota.Sums{"A100": 2}
	assert.False(t, quota.Fit(counts{"A100": 1}, full))
	assert.Equal(t, "1 A100: ml uses 4 of 4 (Project limit; 0 would fit)", quota.Describe(quota.Shortages(counts{"A100": 1}, full)))
}

func TestTheSmallerMaximumOfTheTwoLevelsBoundsOneRequest(t *testing.T) {
	requests := func(kind, name string, requests counts) quota.Level {
		return quota.Level{Kind: kind, Name: name, Quotas: spectrocloud.GPUResources{Requests: requests}}
	}
	for name, tc := range map[string]struct {
		tenant, project, request counts
		want                     []string
	}{
		"as much as one may": {counts{"A100": 8}, counts{"A100": 6}, counts{"A100": 6}, nil},
		"no maximum":         {nil, nil, counts{"A100": 1000000}, nil},
		"above the Project's": {counts{"A100": 8}, counts{"A100": 6}, counts{"A100": 7},
			[]string{"it asks for 7 A100, and one request may ask for at most 6 in Project ml (spec.gpuResources.requests)"}},
		"above both": {counts{"A100": 8}, counts{"A100": 6}, counts{"A100": 9},
			[]string{"it asks for 9 A100, and one request may ask for at most 6 in Project ml (spec.gpuResources.requests)"}},
		"above the Tenant's, which the Project's Default does not lift": {counts{"A100": 2}, counts{"Default": 6}, counts{"A100": 3},
			[]string{"it asks for 3 A100, and one request may ask for at most 2 in Tenant acme (spec.gpuResources.requests)"}},
		"several families": {counts{"Default": 1}, nil, counts{"b": 2, "a": 2},
			[]string{"it asks for 2 a, and one request may ask for at most 1 in Tenant acme (spec.gpuResources.requests)",
				"it asks for 2 b, and one request may ask for at most 1 in Tenant acme (spec.gpuResources.requests)"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			for _, overdraft := range quota.Overdrafts(tc.request, requests("Tenant", "acme", tc.tenant), requests("Project", "ml", tc.project)) {
				said = append(said, overdraft.String())
			}
			assert.Equal(t, tc.want, said)
		})
	}
}

func TestOnlyWhatGrowsIsAskedForAgain(t *testing.T) {
	assert.Equal(t, counts{"a": 2, "c": 1}, quota.Grows(counts{"a": 1, "b": 4}, counts{"a": 3, "b": 2, "c": 1}))
	assert.Empty(t, quota.Grows(counts{"a": 1}, nil))
}

func TestSumsForgetFamiliesThatComeToNothing(t *testing.T) {
	sums := quota.Sums{}
	sums.Add(counts{"a": 2, "b": 1}, 1)
	sums.Add(counts{"a": 2}, -1)
	assert.Equal(t, quota.Sums{"b": 1}, sums)
}

func TestUsageSaysWhatALevelMayStillHave(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	tenant := quota.Level{Kind: "Tenant", Name: "acme", Used: quota.Sums{"A100": 60, "L4": 1}, Quotas: spectrocloud.GPUResources{
		Limits: counts{"A100": 64, "H100": 48}, Requests: counts{"A100": 8}}}
	project := quota.Level{Kind: "Project", Name: "ml", Used: quota.Sums{"A100": 12, "H100": 30, "L4": 1}, Quotas: spectrocloud.GPUResources{
		Limits: counts{"A100": 32, "H100": 24, "Default": 24}, Requests: counts{"Default": 4}}}
	assert.Equal(t, []spectrocloud.FamilyUsage{
		{Family: "A100", Limit: n(64), Used: 60, Pending: 3, Available: n(4), RequestLimit: n(8)},
		{Family: "H100", Limit: n(48), Used: 0, Available: n(48)},
		{Family: "L4", Used: 1},
	}, quota.Usage(quota.Sums{"A100": 3}, tenant))
	assert.Equal(t, []spectrocloud.FamilyUsage{
		{Family: "A100", Limit: n(32), Used: 12, Available: n(4), RequestLimit: n(4)},
		{Family: "Default", Limit: n(24), Available: n(24), RequestLimit: n(4)},
		{Family: "H100", Limit: n(24), Used: 30, Available: n(0), RequestLimit: n(4)},
		{Family: "L4", Limit: n(24), Used: 1, Available: n(23), RequestLimit: n(4)},
		{Family: "T4", Limit: n(24), Pending: 2, Available: n(24), RequestLimit: n(4)},
	}, quota.Usage(quota.Sums{"T4": 2}, tenant, project))
}
