// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// guarded are the API groups in which a wildcard would reach further than the Project: tokens and the namespace itself
// in core, roles and bindings in rbac, the status that GPUs are granted by in ours.
var guarded = []string{"", rbacv1.GroupName, v1alpha1.GroupName}

// boundaries are the core resources that hem a Project in from outside. A Role in a namespace can grant writes to the
// Namespace itself, whose labels say whose it is and which Pods it may run.
var boundaries = []string{"namespaces", "resourcequotas", "limitranges"}

// CheckRules refuses rules that would let a Project's groups reach beyond the Project. Whoever may write ConfigMaps in a
// Tenant's namespace writes these rules, and that must not be a way to become more than a Tenant's admin.
func CheckRules(rules []rbacv1.PolicyRule) error {
	var errs []error
	for i, rule := range rules {
		for _, err := range checkRule(rule) {
			errs = append(errs, fmt.Errorf("rule %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func checkRule(rule rbacv1.PolicyRule) (errs []error) {
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(rule.NonResourceURLs) > 0 {
		refuse("nonResourceURLs mean nothing in a namespace: remove them")
	}
	if len(rule.APIGroups) == 0 || len(rule.Resources) == 0 || len(rule.Verbs) == 0 {
		refuse(`apiGroups, resources and verbs must each have an entry ("" is the core API group)`)
	}
	if slices.Contains(rule.APIGroups, "*") {
		refuse(`apiGroups "*" is refused: list the API groups`)
	}
	for _, verb := range rule.Verbs {
		switch {
		case verb == "*":
			refuse(`verbs "*" is refused: list the verbs, all of them being %s`, strings.Join(manage, ", "))
		case verb == "escalate" || verb == "bind" || strings.HasPrefix(verb, "impersonate"):
			refuse("verb %q would let its holder take on other rights: remove it", verb)
		}
	}
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			if err := checkResource(group, resource, writes(rule.Verbs)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// checkResource judges one API group and resource ("pods", "pods/log", "*", "*/scale") of a rule.
func checkResource(group, resource string, writes bool) error {
	name, subresource, _ := strings.Cut(resource, "/")
	switch {
	case name == "*" && slices.Contains(guarded, group):
		return fmt.Errorf("resources %q of API group %q is refused: list the resources", resource, group)
	case !writes:
		return nil
	case group == rbacv1.GroupName:
		return fmt.Errorf("writing %s of API group %s is refused: roles and bindings in a Project are generated, edit roleMapping instead", resource, group)
	case group == "" && slices.Contains(boundaries, name):
		return fmt.Errorf("writing %s is refused: it bounds the Project from outside, grant get, list and watch only", resource)
	case group == v1alpha1.GroupName && (subresource == "status" || subresource == "finalizers"):
		return fmt.Errorf("writing %s is refused: the controllers alone write it", resource)
	}
	return nil
}

// writes tells whether any of the verbs does more than read.
func writes(verbs []string) bool {
	return slices.ContainsFunc(verbs, func(verb string) bool { return !slices.Contains(read, verb) })
}
