// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Lookup is the number of GPUs that counts hold for family: its own entry, else the Default entry. It is false where there
// is neither, which means that counts do not restrict the family.
func Lookup(counts spectrocloud.GPUCounts, family string) (int32, bool) {
	if n, ok := counts[family]; ok {
		return n, true
	}
	n, ok := counts[spectrocloud.DefaultFamily]
	return n, ok
}

// Excess is an entry of a Project's quota that is above what its Tenant has for the same key.
type Excess struct {
	// Field is "limits" or "requests".
	Field string
	// Family is the key of the entry.
	Family string
	// Project and Tenant are the two figures, in GPUs.
	Project, Tenant int32
}

// Excesses are the entries of project above tenant's lookup for their key, limits first, each by family name.
func Excesses(project, tenant spectrocloud.GPUResources) []Excess {
	return append(
		excesses("limits", project.Limits, tenant.Limits),
		excesses("requests", project.Requests, tenant.Requests)...)
}

func excesses(field string, project, tenant spectrocloud.GPUCounts) []Excess {
	var found []Excess
	for _, family := range slices.Sorted(maps.Keys(project)) {
		if most, ok := Lookup(tenant, family); ok && project[family] > most {
			found = append(found, Excess{Field: field, Family: family, Project: project[family], Tenant: most})
		}
	}
	return found
}
