// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Namespaces are the namespaces of the host cluster that have a meaning of their own.
type Namespaces struct {
	// System holds what all Projects share.
	System string
	// Server is the one that the API server itself runs in; empty outside a cluster.
	Server string
}

// protected says why no Tenant or Project may claim namespace, or nothing if one may. Whoever claims a namespace is given
// rights in it, so these would make a cluster admin of anyone who may create a Project.
func (n Namespaces) protected(namespace string) string {
	switch {
	case namespace == "default":
		return "it is the cluster's default namespace"
	case namespace == "kube" || strings.HasPrefix(namespace, "kube-"):
		return "it is reserved for the Kubernetes system"
	case namespace == n.System:
		return "it is the system namespace of this installation"
	case n.Server != "" && namespace == n.Server:
		return "this API server runs in it"
	}
	return ""
}

// validateClaim refuses a protected namespace.
func (n Namespaces) validateClaim(namespace string, path *field.Path) field.ErrorList {
	if reason := n.protected(namespace); reason != "" {
		return field.ErrorList{field.Invalid(path, namespace, fmt.Sprintf("the namespace %q can't be claimed: %s; choose another name", namespace, reason))}
	}
	return nil
}

// What validation tags on the wire types bound, and refuse in one short error: beyond it no rule here looks. Tags count
// characters, not bytes, so that longer must do, too.
const (
	maxDisplayName = 253
	maxGroups      = 64
	maxGroupName   = 253
	maxNamespace   = 63
)

// longer tells whether text has more than limit characters.
func longer(text string, limit int) bool { return utf8.RuneCountInString(text) > limit }

// validateObjectUpdate validates what any kind allows to change. A spec that stays as it is stored is not validated again, so
// that a rule made later never stands in the way of other changes.
func validateObjectUpdate(updated, old *metav1.ObjectMeta, specChanged bool, validateSpec func() field.ErrorList) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(updated, old, field.NewPath("metadata"))
	if !specChanged {
		return errs
	}
	return append(errs, validateSpec()...)
}

// validateNames validates the name and the description that people read.
func validateNames(displayName, description string, spec *field.Path) field.ErrorList {
	return append(validateDisplayName(displayName, spec.Child("displayName")), validateDescription(description, spec.Child("description"))...)
}

// validateLine refuses what would break the line it is printed on, of at most limit characters.
func validateLine(value string, limit int, path *field.Path) field.ErrorList {
	return validateText(value, limit, path, unicode.IsControl, "must not contain control characters")
}

// validateText refuses a text of at most limit characters that is none, or has characters that it must not contain.
// (What comes as JSON is text; protobuf brings whatever was sent.)
func validateText(value string, limit int, path *field.Path, forbidden func(rune) bool, rule string) field.ErrorList {
	switch {
	case longer(value, limit):
		return nil
	case !utf8.ValidString(value):
		return field.ErrorList{field.Invalid(path, value, "must be valid UTF-8")}
	case strings.ContainsFunc(value, forbidden):
		return field.ErrorList{field.Invalid(path, value, rule)}
	}
	return nil
}

func isNull(r rune) bool { return r == 0 }

// validateReference refuses a reference to a namespace outside allowed. A namespace left empty is resolved among them.
func validateReference(ref *spectrocloud.ResourceReference, path *field.Path, allowed ...string) field.ErrorList {
	if ref == nil || ref.Namespace == "" || longer(ref.Namespace, maxNamespace) || slices.Contains(allowed, ref.Namespace) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("namespace"), ref.Namespace, allowed)}
}

// validateGroups refuses the groups that Kubernetes gives a meaning of its own, and names that can't be read as written.
func validateGroups(groups []string, path *field.Path) field.ErrorList {
	if len(groups) > maxGroups {
		return nil
	}
	var errs field.ErrorList
	for i, group := range groups {
		switch {
		case longer(group, maxGroupName):
		case strings.HasPrefix(group, "system:"):
			errs = append(errs, field.Invalid(path.Index(i), group, `must be a group of your identity provider: "system:" is reserved for Kubernetes`))
		case strings.TrimSpace(group) != group || strings.ContainsFunc(group, unicode.IsControl):
			errs = append(errs, field.Invalid(path.Index(i), group, "must not begin or end with white space or contain control characters"))
		case !utf8.ValidString(group):
			errs = append(errs, field.Invalid(path.Index(i), group, "must be valid UTF-8"))
		}
	}
	return errs
}

// maxSeeing is how many groups a status may list that see its object: each has an entry in an index in memory.
const maxSeeing = 5000

// validateSeeing bounds the groups in a status. Which groups they are is not judged again: controllers copy them from specs.
func validateSeeing(groups []string, path *field.Path) field.ErrorList {
	if len(groups) > maxSeeing {
		return field.ErrorList{field.TooMany(path, len(groups), maxSeeing)}
	}
	return nil
}

func validateDisplayName(name string, path *field.Path) field.ErrorList {
	return validateLine(name, maxDisplayName, path)
}

// validateGPUResources refuses a key that is meant to be Default but isn't, which would leave every family unlimited.
func validateGPUResources(resources spectrocloud.GPUResources, path *field.Path) field.ErrorList {
	return append(validateFamilies(resources.Limits, path.Child("limits")), validateFamilies(resources.Requests, path.Child("requests"))...)
}

func validateFamilies(counts spectrocloud.GPUCounts, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, family := range slices.Sorted(maps.Keys(counts)) {
		if strings.EqualFold(family, spectrocloud.DefaultFamily) && family != spectrocloud.DefaultFamily {
			errs = append(errs, field.Invalid(path.Key(family), family, "write Default to mean every family that is not listed"))
		}
	}
	return errs
}

// validateUsage refuses a negative number of GPUs in use.
func validateUsage(usage spectrocloud.GPUCounts, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, family := range slices.Sorted(maps.Keys(usage)) {
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(usage[family]), path.Key(family))...)
	}
	return errs
}
