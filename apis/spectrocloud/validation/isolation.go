// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// validateIsolation checks the quota's names and figures. How many there may be, and the other switches, which are enums, are
// checked by what is generated from the types.
func validateIsolation(isolation spectrocloud.TenantIsolation, path *field.Path) (errs field.ErrorList) {
	if isolation.Quota == nil {
		return nil
	}
	hard := path.Child("quota", "hard")
	for _, name := range slices.Sorted(maps.Keys(isolation.Quota.Hard)) {
		quantity := isolation.Quota.Hard[name]
		for _, problem := range validation.IsQualifiedName(name) {
			errs = append(errs, field.Invalid(hard.Key(name), name, "must be the name of a resource, as in a ResourceQuota: "+problem))
		}
		if quantity.Sign() < 0 {
			errs = append(errs, field.Invalid(hard.Key(name), quantity.String(), "must not be negative"))
		}
	}
	return errs
}
