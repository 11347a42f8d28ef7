// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What validation tags bound in a cluster, as in validation.go.
const (
	maxFamilyName  = 63
	maxIP          = 45
	maxSSHKey      = 8192 // characters
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
	var errs field.ErrorList
	if len(config.SSHKeys) <= maxSSHKeys {
		for i, key := range config.SSHKeys {
			if len(key) <= maxSSHKey && strings.ContainsFunc(key, unicode.IsControl) {
				errs = append(errs, field.Invalid(path.Child("sshKeys").Index(i), key, "must be one line without control characters"))
			}
		}
	}
	if config.Edge != nil && config.Edge.VIP != "" && len(config.Edge.VIP) <= maxIP {
		errs = append(errs, validation.IsValidIP(path.Child("edge", "vip"), config.Edge.VIP)...)
	}
	pools := path.Child("nodePoolRequirements")
	if controlPlane := config.NodePoolRequirements.ControlPlanePool; controlPlane != nil && !slices.Contains([]int32{1, 3, 5}, controlPlane.NodeCount) {
		errs = append(errs, field.Invalid(pools.Child("controlPlanePool", "nodeCount"), controlPlane.NodeCount, "must be 1, 3 or 5"))
	}
	if len(config.NodePoolRequirements.WorkerPools) <= maxWorkerPools {
		for i, pool := range config.NodePoolRequirements.WorkerPools {
			if pool.GPU != nil {
				errs = append(errs, validateFamilyName(pool.GPU.Family, pools.Child("workerPools").Index(i).Child("gpu", "family"))...)
			}
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
