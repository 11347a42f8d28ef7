// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateProfileBundle validates a new ProfileBundle.
func ValidateProfileBundle(bundle *spectrocloud.ProfileBundle, namespaces Namespaces) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&bundle.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	return append(errs, validateProfileBundleSpec(bundle, namespaces)...)
}

// ValidateProfileBundleUpdate validates the change of a ProfileBundle from old.
func ValidateProfileBundleUpdate(bundle, old *spectrocloud.ProfileBundle, namespaces Namespaces) field.ErrorList {
	return validateObjectUpdate(&bundle.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(bundle.Spec, old.Spec),
		func() field.ErrorList { return validateProfileBundleSpec(bundle, namespaces) })
}

// What validation tags bound in the lists of a ProfileBundle, as in validation.go.
const (
	maxProfiles = 64
	maxVersion  = 63
)

func validateProfileBundleSpec(bundle *spectrocloud.ProfileBundle, namespaces Namespaces) field.ErrorList {
	path, spec := field.NewPath("spec"), &bundle.Spec
	errs := validateNames(spec.DisplayName, spec.Description, path)
	errs = append(errs, validateLine(spec.Version, maxVersion, path.Child("version"))...)
	if len(spec.ClusterProfiles) > maxProfiles || len(spec.WorkloadProfiles) > maxProfiles {
		return errs
	}
	errs = append(errs, validateClusterProfiles(spec, path.Child("clusterProfiles"))...)
	if spec.Type == spectrocloud.BundleInfrastructure && len(spec.WorkloadProfiles) > 0 {
		errs = append(errs, field.Forbidden(path.Child("workloadProfiles"), "a bundle of type Infrastructure makes a cluster only: use type Fullstack"))
	}
	for i, profile := range spec.WorkloadProfiles {
		ref := &spectrocloud.ResourceReference{Name: profile.Name, Namespace: profile.Namespace}
		errs = append(errs, validateReference(ref, path.Child("workloadProfiles").Index(i), bundle.Namespace, namespaces.System)...)
	}
	return errs
}

// validateClusterProfiles refuses what does not make exactly the clusters that a bundle of its type makes.
func validateClusterProfiles(spec *spectrocloud.ProfileBundleSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	cluster := ""
	for i, profile := range spec.ClusterProfiles {
		errs = append(errs, validateLine(profile.Version, maxVersion, path.Index(i).Child("version"))...)
		path := path.Index(i).Child("type")
		switch {
		case profile.Type != spectrocloud.ClusterProfileInfrastructure && profile.Type != spectrocloud.ClusterProfileFull:
		case spec.Type == spectrocloud.BundleApplication || spec.Type == spectrocloud.BundleModel:
			errs = append(errs, field.Invalid(path, profile.Type, fmt.Sprintf("must be AddOn: a bundle of type %s makes no cluster", spec.Type)))
		case cluster != "":
			errs = append(errs, field.Invalid(path, profile.Type, fmt.Sprintf("must be AddOn: the cluster is %s's already", cluster)))
		default:
			cluster = profile.Name
		}
	}
	return errs
}
