// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
)

func TestWhatTwoListsOfRulesAllow(t *testing.T) {
	rules := func(text string) (rules []rbacv1.PolicyRule) {
		require.NoError(t, yaml.UnmarshalStrict([]byte(text), &rules), text)
		return rules
	}
	for name, test := range map[string]struct{ had, wanted, both string }{
		"nothing is had":   {`[]`, `[{apiGroups: [""], resources: [pods], verbs: [get]}]`, `[]`},
		"nothing is asked": {`[{apiGroups: [""], resources: [pods], verbs: [get]}]`, `[]`, `[]`},
		"a verb goes": {`[{apiGroups: [""], resources: [pods], verbs: [get, list, delete]}]`,
			`[{apiGroups: [""], resources: [pods], verbs: [list, get]}]`, `[{apiGroups: [""], resources: [pods], verbs: [get, list]}]`},
		"a verb is new": {`[{apiGroups: [""], resources: [pods], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [pods], verbs: [get, create]}]`, `[{apiGroups: [""], resources: [pods], verbs: [get]}]`},
		"a resource goes, another is new": {`[{apiGroups: [""], resources: [pods, secrets], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [pods, services], verbs: [get]}]`, `[{apiGroups: [""], resources: [pods], verbs: [get]}]`},
		"a rule is split": {`[{apiGroups: [""], resources: [pods, secrets], verbs: [get, list]}]`,
			`[{apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: [""], resources: [secrets], verbs: [list]}]`,
			`[{apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: [""], resources: [secrets], verbs: [list]}]`},
		"another group's are none": {`[{apiGroups: [apps], resources: [deployments], verbs: [get]}]`,
			`[{apiGroups: [extensions], resources: [deployments], verbs: [get]}]`, `[]`},
		"all is narrowed": {`[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`,
			`[{apiGroups: [apps], resources: ["*"], verbs: [get]}]`, `[{apiGroups: [apps], resources: ["*"], verbs: [get]}]`},
		"all is new": {`[{apiGroups: [apps], resources: [deployments], verbs: [get]}]`,
			`[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`, `[{apiGroups: [apps], resources: [deployments], verbs: [get]}]`},
		"one object of all": {`[{apiGroups: [""], resources: [configmaps], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]`},
		"all of one object": {`[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [configmaps], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]`},
		"other objects are none, not all": {`[{apiGroups: [""], resources: [configmaps], resourceNames: [a], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [configmaps], resourceNames: [b], verbs: [get]}]`, `[]`},
		"what somebody added goes": {`[{apiGroups: [""], resources: [pods], verbs: [get]}, {nonResourceURLs: ["/metrics"], verbs: [get]}]`,
			`[{apiGroups: [""], resources: [pods], verbs: [get]}]`, `[{apiGroups: [""], resources: [pods], verbs: [get]}]`},
	} {
		t.Run(name, func(t *testing.T) {
			both := commonRules(rules(test.had), rules(test.wanted))
			assert.ElementsMatch(t, rules(test.both), both)
			assert.Equal(t, both, commonRules(both, rules(test.wanted)), "the next look writes nothing")
		})
	}
	for _, tier := range access.Tiers {
		own, err := access.ParseRules(tier.DefaultRules())
		require.NoError(t, err)
		assert.Equal(t, own, commonRules(own, own), "what stays is not written again")
	}
}

// A nil pointer in an interface is not nil, and would have every ClusterRole count as one that can't be updated.
func TestAClusterRoleThatDoesNotAggregateCanBeUpdated(t *testing.T) {
	host, err := kubernetes.NewForConfig(&rest.Config{})
	require.NoError(t, err)
	tenancy, err := versioned.NewForConfig(&rest.Config{})
	require.NoError(t, err)
	watched, err := informers.New(host, tenancy)
	require.NoError(t, err)
	kind := newKinds(host, watched).clusterRoles
	assert.True(t, kind.fixed(&rbacv1.ClusterRole{}) == nil)
	assert.False(t, kind.fixed(&rbacv1.ClusterRole{AggregationRule: &rbacv1.AggregationRule{}}) == nil)
}
