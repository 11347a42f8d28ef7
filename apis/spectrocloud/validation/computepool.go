// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"regexp"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

var poolName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}[a-z0-9]$`)

// nameIsPoolName is an apivalidation.ValidateNameFunc. To a prefix, the server adds five letters and digits.
func nameIsPoolName(name string, prefix bool) []string {
	if prefix {
		name += "00000"
	}
	if !poolName.MatchString(name) {
		return []string{`must have 3 to 33 characters, lowercase letters, digits and "-", beginning with a letter and ending with a letter or a digit`}
	}
	return nil
}

// ValidateComputePool validates a new ComputePool.
func ValidateComputePool(pool *spectrocloud.ComputePool) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&pool.ObjectMeta, true, nameIsPoolName, field.NewPath("metadata"))
	return append(errs, validateComputePoolSpec(pool)...)
}

// ValidateComputePoolUpdate validates the change of a ComputePool from old. A spec that stays as it is stored is not
// validated again, so that a rule made later never stands in the way of other changes.
func ValidateComputePoolUpdate(pool, old *spectrocloud.ComputePool) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&pool.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	if equality.Semantic.DeepEqual(pool.Spec, old.Spec) {
		return errs
	}
	errs = append(errs, validateVariantUpdate(&pool.Spec.ClusterVariant, &old.Spec.ClusterVariant, field.NewPath("spec", "clusterVariant"))...)
	return append(errs, validateComputePoolSpec(pool)...)
}

func validateComputePoolSpec(pool *spectrocloud.ComputePool) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateDisplayName(pool.Spec.DisplayName, spec.Child("displayName"))
	errs = append(errs, validateDescription(pool.Spec.Description, spec.Child("description"))...)
	variant := spec.Child("clusterVariant")
	errs = append(errs, validateVariant(&pool.Spec.ClusterVariant, variant)...)
	errs = append(errs, validateRequested(quota.RequestedByPool(pool), variant)...)
	if isolation := pool.Spec.NetworkIsolation; isolation != nil && isolation.EDA != nil {
		errs = append(errs, validateEDA(isolation, spec.Child("networkIsolation", "eda"))...)
	}
	return errs
}

// maxNetworkName is what a validation tag bounds, as in validation.go.
const maxNetworkName = 253

func validateEDA(isolation *spectrocloud.NetworkIsolation, path *field.Path) field.ErrorList {
	if isolation.Provider != "EDA" {
		return field.ErrorList{field.Forbidden(path, "may be set with provider EDA only")}
	}
	errs := validateLine(isolation.EDA.EDAVirtualNetwork, maxNetworkName, path.Child("edaVirtualNetwork"))
	return append(errs, validateLine(isolation.EDA.Subnet, maxNetworkName, path.Child("subnet"))...)
}

// ValidateComputePoolStatusUpdate validates a change of a ComputePool's status.
func ValidateComputePoolStatusUpdate(pool, old *spectrocloud.ComputePool) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(&pool.ObjectMeta, &old.ObjectMeta, field.NewPath("metadata"))
	return append(errs, validateConsumerStatus(&pool.Status, field.NewPath("status"))...)
}
