// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/pkg/access"
)

// narrowed returns what is wanted, and of roles and bindings only what is there already: those that exist, with the rules and
// subjects that they have and are to have. The rest is let in, and given, when it may be.
func (g *Grants) narrowed(want access.Objects) access.Objects {
	want.ClusterRoles = narrow(g.clusterRoles, want.ClusterRoles, func(have, want *rbacv1.ClusterRole) bool {
		want.Rules = commonRules(have.Rules, want.Rules)
		return len(want.Rules) > 0
	})
	want.Roles = narrow(g.roles, want.Roles, func(have, want *rbacv1.Role) bool {
		want.Rules = commonRules(have.Rules, want.Rules)
		return len(want.Rules) > 0
	})
	want.ClusterRoleBindings = narrow(g.clusterRoleBindings, want.ClusterRoleBindings, func(have, want *rbacv1.ClusterRoleBinding) bool {
		want.Subjects = common(have.Subjects, want.Subjects)
		return len(want.Subjects) > 0
	})
	want.RoleBindings = narrow(g.roleBindings, want.RoleBindings, func(have, want *rbacv1.RoleBinding) bool {
		want.Subjects = common(have.Subjects, want.Subjects)
		return len(want.Subjects) > 0
	})
	return want
}

// narrow returns those that exist of the wanted objects, cut down to what they have in common; an update fails if they have
// changed since. One that would have to be replaced, or has nothing left, is not among them.
func narrow[T metav1.Object](k kind[T], wanted []T, cut func(have, want T) (left bool)) (some []T) {
	for _, want := range wanted {
		obj, cached, err := k.cache.GetByKey(cache.MetaObjectToName(want).String())
		if err != nil || !cached {
			continue
		}
		if have := obj.(T); equality.Semantic.DeepEqual(k.fixed(have), k.fixed(want)) && cut(have, want) {
			some = append(some, want)
		}
	}
	return some
}

// common returns what both lists have, as one has it.
func common[T comparable](one, other []T) (both []T) {
	for _, item := range one {
		if slices.Contains(other, item) {
			both = append(both, item)
		}
	}
	return both
}

// commonRules returns what both allow. A rule is a product of sets, so what two of them have in common is one, too. A rule
// that is had stays whole where one that is wanted covers it, so that the outcome is the same when it is had.
func commonRules(had, wanted []rbacv1.PolicyRule) (both []rbacv1.PolicyRule) {
	for _, one := range had {
		var parts []rbacv1.PolicyRule
		for _, other := range wanted {
			part := commonRule(one, other)
			if equality.Semantic.DeepEqual(part, one) {
				parts = []rbacv1.PolicyRule{one}
				break
			}
			if len(part.Verbs) > 0 && len(part.APIGroups) > 0 && len(part.Resources) > 0 && named(part, one, other) {
				parts = append(parts, part)
			}
		}
		both = append(both, parts...)
	}
	return both
}

func commonRule(one, other rbacv1.PolicyRule) rbacv1.PolicyRule {
	rule := rbacv1.PolicyRule{
		Verbs:     commonOrAll(one.Verbs, other.Verbs, rbacv1.VerbAll),
		APIGroups: commonOrAll(one.APIGroups, other.APIGroups, rbacv1.APIGroupAll),
		Resources: commonOrAll(one.Resources, other.Resources, rbacv1.ResourceAll),
	}
	switch { // None stands for all of them.
	case len(one.ResourceNames) == 0:
		rule.ResourceNames = other.ResourceNames
	case len(other.ResourceNames) == 0:
		rule.ResourceNames = one.ResourceNames
	default:
		rule.ResourceNames = common(one.ResourceNames, other.ResourceNames)
	}
	return rule
}

// named is false for a part of two rules that name objects and none in common: without a name it would be about all.
func named(part, one, other rbacv1.PolicyRule) bool {
	return len(part.ResourceNames) > 0 || len(one.ResourceNames) == 0 && len(other.ResourceNames) == 0
}

func commonOrAll(one, other []string, all string) []string {
	switch {
	case slices.Contains(other, all):
		return one
	case slices.Contains(one, all):
		return other
	default:
		return common(one, other)
	}
}
