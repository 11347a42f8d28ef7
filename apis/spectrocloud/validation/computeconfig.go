// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateComputeConfig validates a new ComputeConfig.
func ValidateComputeConfig(config *spectrocloud.ComputeConfig) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&config.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return append(errs, validateComputeConfigSpec(config)...)
}

// ValidateComputeConfigUpdate validates the change of a ComputeConfig from old.
func ValidateComputeConfigUpdate(config, old *spectrocloud.ComputeConfig) field.ErrorList {
	return validateObjectUpdate(&config.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(config.Spec, old.Spec),
		func() field.ErrorList { return validateComputeConfigSpec(config) })
}

func validateComputeConfigSpec(config *spectrocloud.ComputeConfig) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateNames(config.Spec.DisplayName, config.Spec.Description, spec)
	defaults, path := &config.Spec.PaletteClusterConfig.Defaults, spec.Child("paletteClusterConfig", "defaults")
	errs = append(errs, validateControlPlane(&defaults.ControlPlanePool, path.Child("controlPlanePool"))...)
	errs = append(errs, validateWorkerPools(defaults.WorkerPools, path.Child("workerPools"))...)
	errs = append(errs, validateSSHKeys(defaults.SSHKeys, path.Child("sshKeys"))...)
	if defaults.Edge != nil {
		errs = append(errs, validateEdgeDefaults(defaults.Edge, path.Child("edge"))...)
	}
	return errs
}

// What validation tags bound in the defaults of the edge, as in validation.go.
const (
	maxNTPServers = 64
	maxHost       = 253
	maxCIDR       = 49
)

func validateEdgeDefaults(edge *spectrocloud.EdgeDefaults, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(edge.NTPServers) <= maxNTPServers {
		for i, host := range edge.NTPServers {
			if host == "" || longer(host, maxHost) {
				continue
			}
			if len(validation.IsDNS1123Subdomain(host)) > 0 && len(validation.IsValidIP(path, host)) > 0 {
				errs = append(errs, field.Invalid(path.Child("ntpServers").Index(i), host, "must be the name or the IP address of a host"))
			}
		}
	}
	overlay := edge.NetworkOverlayConfig
	if overlay == nil || longer(overlay.CIDR, maxCIDR) {
		return errs
	}
	cidr := path.Child("networkOverlayConfig", "cidr")
	switch {
	case overlay.CIDR != "":
		errs = append(errs, validation.IsValidCIDR(cidr, overlay.CIDR)...)
	case overlay.Enabled:
		errs = append(errs, field.Required(cidr, "must be given where the overlay is enabled"))
	}
	return errs
}
