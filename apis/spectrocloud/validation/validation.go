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

// What validation tags on the wire types bound, and refuse in one short error: beyond it no rule here looks, so that bad
// input gets an answer no larger than itself.
const (
	maxDisplayName = 253 // characters, as the others are bytes
	maxGroups      = 64
	maxGroupName   = 253
	maxNamespace   = 63
)

// validateReference refuses a reference to a namespace outside allowed. A namespace left empty is resolved among them.
func validateReference(ref *spectrocloud.ResourceReference, path *field.Path, allowed ...string) field.ErrorList {
	if ref == nil || ref.Namespace == "" || len(ref.Namespace) > maxNamespace || slices.Contains(allowed, ref.Namespace) {
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
		case len(group) > maxGroupName:
		case strings.HasPrefix(group, "system:"):
			errs = append(errs, field.Invalid(path.Index(i), group, `must be a group of your identity provider: "system:" is reserved for Kubernetes`))
		case strings.TrimSpace(group) != group || strings.ContainsFunc(group, unicode.IsControl):
			errs = append(errs, field.Invalid(path.Index(i), group, "must not begin or end with white space or contain control characters"))
		}
	}
	return errs
}

// validateDisplayName refuses what would break the line it is printed on.
func validateDisplayName(name string, path *field.Path) field.ErrorList {
	if utf8.RuneCountInString(name) <= maxDisplayName && strings.ContainsFunc(name, unicode.IsControl) {
		return field.ErrorList{field.Invalid(path, name, "must not contain control characters")}
	}
	return nil
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
