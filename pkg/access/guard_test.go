// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRulesThatReachBeyondTheProjectAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ rules, complaint string }{
		"every verb":                   {`[{apiGroups: [apps], resources: [deployments], verbs: ["*"]}]`, `verbs "*" is refused`},
		"escalate":                     {`[{apiGroups: [apps], resources: [deployments], verbs: [get, escalate]}]`, `verb "escalate"`},
		"bind":                         {`[{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [bind]}]`, `verb "bind"`},
		"impersonate":                  {`[{apiGroups: [""], resources: [serviceaccounts], verbs: [impersonate]}]`, `verb "impersonate"`},
		"constrained impersonation":    {`[{apiGroups: [""], resources: [pods], verbs: ["impersonate-on:user-info:list"]}]`, `impersonate-on`},
		"every API group":              {`[{apiGroups: ["*"], resources: [pods], verbs: [get]}]`, `apiGroups "*" is refused`},
		"everything in core":           {`[{apiGroups: [""], resources: ["*"], verbs: [get]}]`, `resources "*" of API group ""`},
		"core beside another group":    {`[{apiGroups: [apps, ""], resources: ["*"], verbs: [get]}]`, `resources "*" of API group ""`},
		"every subresource in core":    {`[{apiGroups: [""], resources: ["*/status"], verbs: [get]}]`, `resources "*/status"`},
		"everything of ours":           {`[{apiGroups: [spectrocloud.com], resources: ["*"], verbs: [update]}]`, `resources "*" of API group "spectrocloud.com"`},
		"writing roles":                {`[{apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [create]}]`, `writing roles`},
		"writing bindings":             {`[{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [get, delete]}]`, `writing rolebindings`},
		"writing the namespace":        {`[{apiGroups: [""], resources: [namespaces], verbs: [patch]}]`, `writing namespaces`},
		"finalizing the namespace":     {`[{apiGroups: [""], resources: [namespaces/finalize], verbs: [update]}]`, `writing namespaces/finalize`},
		"writing the quota around it":  {`[{apiGroups: [""], resources: [resourcequotas], verbs: [update]}]`, `writing resourcequotas`},
		"writing status":               {`[{apiGroups: [spectrocloud.com], resources: [computepools/status], verbs: [patch]}]`, `writing computepools/status`},
		"taking finalizers off":        {`[{apiGroups: [spectrocloud.com], resources: [projects/finalizers], verbs: [update]}]`, `writing projects/finalizers`},
		"URLs":                         {`[{nonResourceURLs: ["/metrics"], verbs: [get]}]`, `nonResourceURLs`},
		"no verbs":                     {`[{apiGroups: [""], resources: [pods]}]`, `must each have an entry`},
		"no API groups":                {`[{resources: [pods], verbs: [get]}]`, `must each have an entry`},
		"an unknown field":             {`[{apiGroups: [""], resource: [pods], verbs: [get]}]`, `unknown field "resource"`},
		"a field twice":                {"- apiGroups: [apps]\n  verbs: [get]\n  verbs: [create]\n  resources: [deployments]", `already set`},
		"a map":                        {`rules: []`, `must be a list of PolicyRules`},
		"not YAML":                     {`[{`, `must be a list of PolicyRules`},
		"nothing":                      {``, `has no rules`},
		"an empty list":                {`[]`, `has no rules`},
		"more than a Role should hold": {"# " + strings.Repeat("x", maxRulesBytes), `at most 65536`},
	} {
		t.Run(name, func(t *testing.T) {
			rules, err := ParseRules(test.rules)
			require.ErrorContains(t, err, test.complaint)
			assert.Nil(t, rules)
		})
	}
}

func TestRulesWithinTheProjectAreAccepted(t *testing.T) {
	for name, rules := range map[string]string{
		"everything of a workload API": `[{apiGroups: [apps, batch], resources: ["*"], verbs: [get, create, delete, deletecollection]}]`,
		"reading roles":                `[{apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get, list, watch]}]`,
		"reading the namespace":        `[{apiGroups: [""], resources: [namespaces, resourcequotas], verbs: [get]}]`,
		"reading status":               `[{apiGroups: [spectrocloud.com], resources: [projects/status], verbs: [get]}]`,
		"a shell":                      `[{apiGroups: [""], resources: [pods/exec], verbs: [create]}]`,
		"one object":                   `[{apiGroups: [""], resources: [secrets], resourceNames: [mine], verbs: [get]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := ParseRules(rules)
			require.NoError(t, err)
			assert.Len(t, parsed, 1)
		})
	}
}

func TestEveryBadRuleIsNamed(t *testing.T) {
	_, err := ParseRules(`[{apiGroups: [""], resources: ["*"], verbs: ["*"]}, {apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: ["*"], resources: [pods], verbs: [get]}]`)
	require.Error(t, err)
	for _, part := range []string{"rule 1: verbs", "rule 1: resources", "rule 3: apiGroups"} {
		assert.ErrorContains(t, err, part)
	}
	assert.NotContains(t, err.Error(), "rule 2")
}
