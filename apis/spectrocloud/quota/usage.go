// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"math"
	"slices"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Usage is how each family is used at the last of levels, a Project's being its Tenant and itself, by family name. Default
// stands for the families that are not listed, where a level has such an entry. pending is what waiting requests ask for.
func Usage(pending Sums, levels ...Level) []spectrocloud.FamilyUsage {
	own := levels[len(levels)-1]
	families := map[string]bool{}
	for _, level := range levels {
		for family := range level.Quotas.Limits {
			families[family] = true
		}
		for family := range level.Quotas.Requests {
			families[family] = true
		}
	}
	for _, sums := range []Sums{own.Used, pending} {
		for family := range sums {
			families[family] = true
		}
	}
	usage := make([]spectrocloud.FamilyUsage, 0, len(families))
	for _, family := range slices.Sorted(maps.Keys(families)) {
		usage = append(usage, familyUsage(family, pending[family], own, levels))
	}
	return usage
}

func familyUsage(family string, pending int64, own Level, levels []Level) spectrocloud.FamilyUsage {
	limit, available, request := int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64)
	for _, level := range levels {
		if most, ok := level.limit(family); ok {
			limit, available = min(limit, most), min(available, max(0, most-level.Used[family]))
		}
		if maximum, ok := Lookup(level.Quotas.Requests, family); ok {
			request = min(request, int64(maximum))
		}
	}
	return spectrocloud.FamilyUsage{Family: family, Used: own.Used[family], Pending: pending,
		Limit: restricted(limit), Available: restricted(available), RequestLimit: restricted(request)}
}

// restricted is nil for what nothing restricts.
func restricted(n int64) *int64 {
	if n == math.MaxInt64 {
		return nil
	}
	return &n
}
