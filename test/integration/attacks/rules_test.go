// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// everything is what an attacker would like to have.
const everything = `[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`

// members returns a member of each tier of a Project, whose role mapping is set to them, and the Tenant's admin.
func members(t *testing.T, p party) map[string]*framework.Person {
	t.Helper()
	people := map[string]*framework.Person{"tenant admin": p.admin}
	mapping := map[string][]string{}
	for _, tier := range []string{"viewer", "editor", "admin"} {
		group := p.project + "-" + tier + "s"
		mapping[tier] = []string{group}
		people["project "+tier] = cluster.Person(t, group+"-member", group)
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"roleMapping": mapping}})
	require.NoError(t, err)
	_, err = p.admin.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType, patch, metav1.PatchOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, p.project)
	waitAllowed(t, people["project admin"], "patch", p.project)
	return people
}

// TestOnlyThePlatformWritesRules asks and tries: a ConfigMap in the Tenant's namespace says what everybody may do in its
// Projects, and one in the system namespace what new Tenants begin with.
func TestOnlyThePlatformWritesRules(t *testing.T) {
	p, other := newParty(t), newParty(t)
	people := members(t, p)
	people["another tenant's admin"] = other.admin
	people["nobody"] = cluster.Person(t, "nobody")
	rules := map[string]string{access.RulesKey: everything}
	patch, err := json.Marshal(map[string]any{"data": rules})
	require.NoError(t, err)
	nothingChanges(t, func() {
		for who, person := range people {
			for _, namespace := range []string{p.tenant, "palette-system"} {
				for _, verb := range []string{"create", "update", "patch", "delete", "deletecollection", "*"} {
					for _, name := range []string{"", access.Admin.ConfigMap()} {
						assert.False(t, allowed(t.Context(), t, person, authorizationv1.ResourceAttributes{
							Verb: verb, Resource: "configmaps", Namespace: namespace, Name: name}), "%s may %s configmaps/%s in %s", who, verb, name, namespace)
					}
				}
				configMaps := person.Host.CoreV1().ConfigMaps(namespace)
				_, err := configMaps.Patch(t.Context(), access.Admin.ConfigMap(), types.MergePatchType, patch, metav1.PatchOptions{})
				framework.Refused(t, err, 403, "cannot patch resource")
				_, err = configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: access.Admin.ConfigMap()}, Data: rules}, metav1.CreateOptions{})
				framework.Refused(t, err, 403, "cannot create resource")
			}
		}
	})
}

// TestRulesCountInTheTenantsNamespaceOnly writes them where the members of a Project may, with all marks of the Tenant's.
func TestRulesCountInTheTenantsNamespaceOnly(t *testing.T) {
	p := newParty(t)
	people := members(t, p)
	nothingChanges(t, func() {
		for _, tier := range access.Tiers {
			configMap := &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{Name: tier.ConfigMap(), Labels: access.TenantLabels(p.tenant), Annotations: map[string]string{v1alpha1.AnnotationOwnerUID: "1"}},
				Data:       map[string]string{access.RulesKey: `[{apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}]`},
			}
			_, err := people["project admin"].Host.CoreV1().ConfigMaps(p.project).Create(t.Context(), configMap, metav1.CreateOptions{})
			require.NoError(t, err)
		}
		for _, name := range []string{p.project, p.tenant} { // Nor do they make the Project's namespace a Tenant's.
			patch := fmt.Appendf(nil, `{"metadata": {"labels": {%q: %q, %q: null}, "annotations": {%q: "x"}}}`,
				v1alpha1.LabelTenant, p.project, v1alpha1.LabelProject, v1alpha1.AnnotationOwnerUID)
			for who, person := range people {
				_, err := person.Host.CoreV1().Namespaces().Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{})
				assert.True(t, framework.Refused(t, err, 403, "cannot patch resource"), who)
				_, err = person.Host.CoreV1().Namespaces().Patch(t.Context(), name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
				assert.True(t, framework.Refused(t, err, 403, "cannot patch resource"), who)
			}
		}
		looksAgain(t, p.project)
	})
}

// looksAgain waits until the controllers have looked at the Project once more: they put right what is wrong with a Role.
func looksAgain(t *testing.T, project string) {
	t.Helper()
	roles, name := cluster.Admin.Host.RbacV1().Roles(project), "prj-"+project+"-tnt-adm"
	harmed, err := roles.Patch(t.Context(), name, types.MergePatchType, []byte(`{"rules": null}`), metav1.PatchOptions{})
	require.NoError(t, err)
	require.Empty(t, harmed.Rules)
	framework.Eventually(t, "a look at Project "+project, func(ctx context.Context) error {
		role, err := roles.Get(ctx, name, metav1.GetOptions{})
		if err == nil && len(role.Rules) == 0 {
			err = errors.New("it is as it was")
		}
		return err
	})
}

// rule is a rules.yaml of one rule.
func rule(groups, resources, verbs string) string {
	return fmt.Sprintf("[{apiGroups: [%s], resources: [%s], verbs: [%s]}]", groups, resources, verbs)
}

// evil are rules.yaml that somebody who may write ConfigMaps in a Tenant's namespace, and no more, could try.
var evil = map[string]string{
	"everything":                     everything,
	"all of core":                    rule(`""`, `"*"`, `get`),
	"all verbs":                      rule(`""`, `pods`, `"*"`),
	"all verbs, in JSON's escapes":   rule(`""`, `pods`, `"\u002a"`),
	"all verbs, by an anchor":        "- &a {apiGroups: [\"\"], resources: [pods], verbs: [get]}\n- {<<: *a, verbs: [\"*\"]}",
	"escalate":                       rule(`rbac.authorization.k8s.io`, `roles`, `get, escalate`),
	"bind":                           rule(`rbac.authorization.k8s.io`, `roles`, `bind`),
	"bindings":                       rule(`rbac.authorization.k8s.io`, `rolebindings`, `create`),
	"impersonate":                    rule(`""`, `serviceaccounts`, `impersonate`),
	"impersonate, the newer way":     rule(`authentication.k8s.io`, `users`, `"impersonate:user-info"`),
	"its namespace":                  rule(`""`, `namespaces`, `patch`),
	"its namespace's end":            rule(`""`, `namespaces/finalize`, `update`),
	"what bounds it":                 rule(`""`, `resourcequotas`, `delete`),
	"status of GPUs":                 rule(`spectrocloud.com`, `aiworkloads/status`, `update`),
	"status of itself":               rule(`spectrocloud.com`, `"*/status"`, `patch`),
	"finalizers":                     rule(`spectrocloud.com`, `projects/finalizers`, `update`),
	"URLs":                           `[{nonResourceURLs: ["*"], verbs: [get]}]`,
	"URLs beside resources":          `[{apiGroups: [""], resources: [pods], verbs: [get], nonResourceURLs: ["*"]}]`,
	"aggregation":                    "aggregationRule:\n  clusterRoleSelectors: [{}]\nrules: []",
	"a Role":                         `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]}`,
	"a bomb":                         "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + bomb(12),
	"a list of bombs":                "- &a0 {apiGroups: [x, x, x, x, x, x, x, x, x]}\n" + strings.Repeat("- *a0\n", 12_000),
	"nested without end":             strings.Repeat("[", 60_000),
	"100 KB":                         rule(`""`, strings.Repeat("pods, ", 17_000)+"pods", `get`),
	"1 MB":                           "# " + strings.Repeat("x", 1_000_000),
	"nothing":                        "",
	"no text":                        "\x00\x01\x02",
	"a string":                       `"*"`,
	"another key, and nothing in it": "null",
}

// halves are rules.yaml of which the reader sees only the harmless part, and that alone is granted.
var halves = []string{
	`[{"apiGroups": ["apps"], "resources": ["halves"], "verbs": ["get"], "Verbs": ["*"]}]`,
	`[{"Verbs": ["*"], "apiGroups": ["apps"], "resources": ["halves"], "verbs": ["get"]}]`,
	rule(`apps`, `halves`, `get`) + "\n---\n" + everything,
}

// bomb is YAML of a few hundred bytes that would fill any memory, were its aliases written out.
func bomb(levels int) string {
	var text strings.Builder
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return text.String()
}

// TestRulesThatReachTooFarAreNotGranted writes them as one who may write ConfigMaps in a Tenant's namespace, and does so in all tiers.
func TestRulesThatReachTooFarAreNotGranted(t *testing.T) {
	p := newParty(t)
	group := framework.Name("rulemakers")
	_, err := cluster.Admin.Host.RbacV1().Roles(p.tenant).Create(t.Context(), &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: group},
		Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"*"}}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.RbacV1().RoleBindings(p.tenant).Create(t.Context(), &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: group},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: group},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	maker := cluster.Person(t, group, group)
	write := func(tier access.Tier, text string) {
		patch, err := json.Marshal(map[string]any{"data": map[string]string{access.RulesKey: text}})
		require.NoError(t, err)
		framework.Eventually(t, "the right to write rules", func(ctx context.Context) error {
			_, err := maker.Host.CoreV1().ConfigMaps(p.tenant).Patch(ctx, tier.ConfigMap(), types.MergePatchType, patch, metav1.PatchOptions{})
			return err
		})
	}
	roleOf := func(ctx context.Context, tier access.Tier) []rbacv1.PolicyRule {
		role, err := cluster.Admin.Host.RbacV1().Roles(p.project).Get(ctx, access.ProjectRole(p.project, tier), metav1.GetOptions{})
		require.NoError(t, err)
		return role.Rules
	}
	become := func(want []rbacv1.PolicyRule) {
		framework.Eventually(t, "the good rules", func(ctx context.Context) error {
			for _, tier := range access.Tiers {
				if have := roleOf(ctx, tier); !assert.ObjectsAreEqual(want, have) {
					return fmt.Errorf("%s has %v", tier, have)
				}
			}
			return nil
		})
	}
	round := 0
	try := func(names ...string) {
		round++
		good := rule(`apps`, fmt.Sprintf("things%d", round), `get`)
		want, err := access.ParseRules(good)
		require.NoError(t, err)
		for _, tier := range access.Tiers {
			write(tier, good)
		}
		become(want)
		for i, name := range names {
			write(access.Tiers[i], evil[name])
		}
		framework.Eventually(t, "the refusal of "+strings.Join(names, ", "), func(ctx context.Context) error {
			tenant, err := cluster.Admin.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
			if err != nil {
				return err
			}
			condition := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.ConditionAccessReady)
			for i := range names {
				if condition == nil || !strings.Contains(condition.Message, access.Tiers[i].ConfigMap()+" is refused") {
					return errors.New(names[i] + " is not refused")
				}
			}
			return nil
		})
		looksAgain(t, p.project)
		for i, name := range names {
			assert.Equal(t, want, roleOf(t.Context(), access.Tiers[i]), name)
		}
	}
	var names []string
	for name := range evil {
		if names = append(names, name); len(names) == len(access.Tiers) {
			try(names...)
			names = nil
		}
	}
	try(names...)
	for i, tier := range access.Tiers {
		write(tier, halves[i])
	}
	become([]rbacv1.PolicyRule{{APIGroups: []string{"apps"}, Resources: []string{"halves"}, Verbs: []string{"get"}}})
}
