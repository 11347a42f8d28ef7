// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"maps"
	"math"
	"slices"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// fitReport is what can-i-fit -o json prints, as docs/kubectl-gpu.md promises it.
type fitReport struct {
	Project   string  `json:"project"`
	Kind      string  `json:"kind"`
	Outcome   outcome `json:"outcome"`
	Estimated bool    `json:"estimated"`
	// Why is absent if it fits.
	Why      string      `json:"why,omitempty"`
	Families []fitFamily `json:"families"`
}

// fitFamily is what is asked for of a family, and what the levels have of it.
type fitFamily struct {
	Family    string `json:"family"`
	Requested int32  `json:"requested"`
	// Levels are the Tenant and the Project; absent if the server said that it fits, and where they can't be read.
	Levels []fitLevel `json:"levels,omitempty"`
}

// fitLevel is a Tenant or a Project. What nothing restricts is absent.
type fitLevel struct {
	Kind         string `json:"kind"`
	Name         string `json:"name"`
	Limit        *int64 `json:"limit,omitempty"`
	Used         int64  `json:"used"`
	Available    *int64 `json:"available,omitempty"`
	RequestLimit *int64 `json:"requestLimit,omitempty"`
	// WouldFit is the largest request that would fit now.
	WouldFit *int64 `json:"wouldFit,omitempty"`
}

func (v verdict) report(project, kind string, families []fitFamily) fitReport {
	return fitReport{Project: project, Kind: kind, Outcome: v.outcome, Estimated: v.estimated, Why: v.why, Families: families}
}

// fitFamilies is what each level has left of what is asked for, and how much of that would fit there.
func fitFamilies(request spectrocloud.GPUCounts, levels []quota.Level) []fitFamily {
	asked := quota.Sums{}
	asked.Add(request, 1)
	var families []fitFamily
	for _, name := range slices.Sorted(maps.Keys(request)) {
		family := fitFamily{Family: name, Requested: request[name]}
		for _, level := range levels {
			for _, usage := range quota.Usage(asked, level) { // Asked for, so that the family is listed.
				if usage.Family == name {
					family.Levels = append(family.Levels, fitLevel{Kind: level.Kind, Name: level.Name, Limit: usage.Limit, Used: usage.Used,
						Available: usage.Available, RequestLimit: usage.RequestLimit, WouldFit: largest(usage)})
				}
			}
		}
		families = append(families, family)
	}
	return families
}

// largest is the largest request that would fit now, or nil if any would.
func largest(usage spectrocloud.FamilyUsage) *int64 {
	n := int64(math.MaxInt64)
	for _, most := range []*int64{usage.Available, usage.RequestLimit} {
		if most != nil {
			n = min(n, *most)
		}
	}
	if n == math.MaxInt64 {
		return nil
	}
	return &n
}
