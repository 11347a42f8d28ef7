// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"net/url"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// ValidateSettings validates a new Settings.
func ValidateSettings(settings *spectrocloud.Settings) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&settings.ObjectMeta, true, apivalidation.NameIsDNSLabel, field.NewPath("metadata"))
	return append(errs, validateSettingsSpec(settings)...)
}

// ValidateSettingsUpdate validates the change of a Settings from old.
func ValidateSettingsUpdate(settings, old *spectrocloud.Settings) field.ErrorList {
	return validateObjectUpdate(&settings.ObjectMeta, &old.ObjectMeta, !equality.Semantic.DeepEqual(settings.Spec, old.Spec),
		func() field.ErrorList { return validateSettingsSpec(settings) })
}

func validateSettingsSpec(settings *spectrocloud.Settings) field.ErrorList {
	spec := field.NewPath("spec")
	errs := validateNames(settings.Spec.DisplayName, settings.Spec.Description, spec)
	integrations, path := settings.Spec.Integrations, spec.Child("integrations")
	if palette := integrations.Palette; palette != nil {
		path := path.Child("palette")
		errs = append(errs, validateSecretKey(palette.SecretRef, settings.Namespace, path.Child("secretRef"))...)
		errs = append(errs, validateURL(palette.HostURL, path.Child("hostURL"))...)
		errs = append(errs, validateLine(palette.Tenant, maxAccount, path.Child("tenant"))...)
		errs = append(errs, validateLine(palette.DefaultProjectID, maxAccount, path.Child("defaultProjectID"))...)
	}
	if hub := integrations.HuggingFace; hub != nil {
		path := path.Child("huggingFace")
		errs = append(errs, validateSecretKey(hub.SecretRef, settings.Namespace, path.Child("secretRef"))...)
		errs = append(errs, validateURL(hub.Endpoint, path.Child("endpoint"))...)
	}
	if ngc := integrations.NVIDIANGC; ngc != nil {
		path := path.Child("nvidiaNGC")
		errs = append(errs, validateSecretKey(ngc.SecretRef, settings.Namespace, path.Child("secretRef"))...)
		errs = append(errs, validateLine(ngc.Organization, maxAccount, path.Child("organization"))...)
		errs = append(errs, validateLine(ngc.Team, maxAccount, path.Child("team"))...)
	}
	return errs
}

// What validation tags bound in Settings, as in validation.go.
const (
	maxAccount = 253
	maxURL     = 2048
	maxKey     = 253
)

// validateSecretKey refuses a Secret outside of the Settings' own namespace: whoever may write Settings there may not be
// allowed to read it.
func validateSecretKey(ref *spectrocloud.SecretKeyReference, namespace string, path *field.Path) field.ErrorList {
	if ref == nil {
		return nil
	}
	var errs field.ErrorList
	if ref.Namespace != "" && ref.Namespace != namespace && !longer(ref.Namespace, maxNamespace) {
		errs = append(errs, field.Invalid(path.Child("namespace"), ref.Namespace, fmt.Sprintf("must be %q, the namespace of the Settings, or empty", namespace)))
	}
	return append(errs, validateDataKey(ref.Key, path.Child("key"))...)
}

// validateDataKey refuses what can't be a key in a Secret; empty is for the default.
func validateDataKey(key string, path *field.Path) field.ErrorList {
	if key == "" || longer(key, maxKey) {
		return nil
	}
	var errs field.ErrorList
	for _, reason := range validation.IsConfigMapKey(key) {
		errs = append(errs, field.Invalid(path, key, reason))
	}
	return errs
}

// validateURL refuses all but https URLs of a host: a password in one would be there for everybody to read. Where there may be
// one, the answer does not repeat it.
func validateURL(value string, path *field.Path) field.ErrorList {
	if value == "" || longer(value, maxURL) {
		return nil
	}
	parsed, err := url.Parse(value)
	switch {
	case err != nil || !utf8.ValidString(value):
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be a URL")}
	case parsed.User != nil:
		return field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must not contain credentials: put them in the Secret that secretRef names")}
	case parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.Opaque != "":
		return field.ErrorList{field.Invalid(path, value, "must begin with https:// and name a host")}
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return field.ErrorList{field.Invalid(path, value, "must have no query and no fragment")}
	}
	return nil
}
