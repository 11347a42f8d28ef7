// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"maps"
	"slices"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What validation tags bound in a cluster, as in validation.go.
const (
	maxAnnotations = 64
	maxAnnotation  = 4096
	maxFamilyName  = 63
	maxIP          = 45
	maxSSHKey      = 8192
	maxSSHKeys     = 64
	maxWorkerPools = 64
)

// validateVariant refuses a cluster that is not exactly one of dedicated and shared, and what tags can't say of it.
func validateVariant(variant *spectrocloud.ClusterVariant, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case variant.Dedicated == nil && variant.Shared == nil:
		errs = append(errs, field.Required(path, "must be either dedicated or shared"))
	case variant.Dedicated != nil && variant.Shared != nil:
		errs = append(errs, field.Forbidden(path, "must be either dedicated or shared, not both"))
	}
	if variant.Dedicated != nil {
		errs = append(errs, validateDeployment(&variant.Dedicated.PaletteClusterDeploymentConfig, path.Child("dedicated", "paletteClusterDeploymentConfig"))...)
	}
	if variant.Shared != nil {
		errs = append(errs, validateDeployment(&variant.Shared.PaletteClusterDeploymentConfig, path.Child("shared", "paletteClusterDeploymentConfig"))...)
	}
	return errs
}

func validateDeployment(config *spectrocloud.PaletteClusterDeploymentConfig, path *field.Path) field.ErrorList {
	errs := validateSSHKeys(config.SSHKeys, path.Child("sshKeys"))
	if config.Edge != nil && config.Edge.VIP != "" && !longer(config.Edge.VIP, maxIP) {
		errs = append(errs, validation.IsValidIP(path.Child("edge", "vip"), config.Edge.VIP)...)
	}
	pools := path.Child("nodePoolRequirements")
	if controlPlane := config.NodePoolRequirements.ControlPlanePool; controlPlane != nil {
		errs = append(errs, validateControlPlane(controlPlane, pools.Child("controlPlanePool"))...)
	}
	return append(errs, validateWorkerPools(config.NodePoolRequirements.WorkerPools, pools.Child("workerPools"))...)
}

func validateSSHKeys(keys []string, path *field.Path) field.ErrorList {
	if len(keys) > maxSSHKeys {
		return nil
	}
	var errs field.ErrorList
	for i, key := range keys {
		errs = append(errs, validateText(key, maxSSHKey, path.Index(i), unicode.IsControl, "must be one line without control characters")...)
	}
	return errs
}

func validateControlPlane(pool *spectrocloud.ControlPlanePool, path *field.Path) field.ErrorList {
	errs := validateAnnotations(pool.Annotations, path.Child("annotations"))
	if !slices.Contains([]int32{1, 3, 5}, pool.NodeCount) {
		errs = append(errs, field.Invalid(path.Child("nodeCount"), pool.NodeCount, "must be 1, 3 or 5"))
	}
	return errs
}

// validateAnnotations refuses values that no API server would take for a node's.
func validateAnnotations(annotations map[string]string, path *field.Path) field.ErrorList {
	if len(annotations) > maxAnnotations {
		return nil
	}
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		errs = append(errs, validateText(annotations[key], maxAnnotation, path.Key(key), isNull, "must not contain a null character")...)
	}
	return errs
}

func validateWorkerPools(pools []spectrocloud.WorkerPool, path *field.Path) field.ErrorList {
	if len(pools) > maxWorkerPools {
		return nil
	}
	var errs field.ErrorList
	for i, pool := range pools {
		errs = append(errs, validateAnnotations(pool.Annotations, path.Index(i).Child("annotations"))...)
		if pool.GPU != nil {
			errs = append(errs, validateFamilyName(pool.GPU.Family, path.Index(i).Child("gpu", "family"))...)
		}
	}
	return errs
}

// validateVariantUpdate refuses changes that no running cluster can follow. One that had none before may be given any.
func validateVariantUpdate(variant, old *spectrocloud.ClusterVariant, path *field.Path) field.ErrorList {
	if variant == nil || old == nil {
		return nil
	}
	if (old.Dedicated != nil && variant.Dedicated == nil) || (old.Shared != nil && variant.Shared == nil) {
		return field.ErrorList{field.Forbidden(path, "a dedicated cluster can't be made a shared one, nor the other way round: create another object")}
	}
	kind, now, before := "dedicated", variant.Dedicated, old.Dedicated
	if before == nil {
		kind, now, before = "shared", variant.Shared, old.Shared
	}
	if before == nil {
		return nil
	}
	path = path.Child(kind, "paletteClusterDeploymentConfig")
	config, oldConfig := now.PaletteClusterDeploymentConfig, before.PaletteClusterDeploymentConfig
	var errs field.ErrorList
	if oldConfig.CloudType != "" && config.CloudType != oldConfig.CloudType {
		errs = append(errs, field.Forbidden(path.Child("cloudType"), "can't be changed once given"))
	}
	if oldConfig.Edge != nil && oldConfig.Edge.VIP != "" && (config.Edge == nil || config.Edge.VIP != oldConfig.Edge.VIP) {
		errs = append(errs, field.Forbidden(path.Child("edge", "vip"), "can't be changed once given"))
	}
	return errs
}
