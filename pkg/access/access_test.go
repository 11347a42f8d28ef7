// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

const systemNamespace = "palette-system"

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func newTenant(name string, groups ...string) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.TenantSpec{TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: groups}},
	}
}

func newProject(name string, mapping v1alpha1.RoleMapping) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
		Spec:       v1alpha1.ProjectSpec{RoleMapping: mapping},
	}
}

func defaultRules(t *testing.T) Rules {
	t.Helper()
	rules := Rules{}
	for _, tier := range Tiers {
		parsed, err := ParseRules(tier.DefaultRules())
		require.NoError(t, err)
		rules[tier] = parsed
	}
	return rules
}

// TestRenderedAccess pins every object, so that a change of what anyone may do shows in a diff.
func TestRenderedAccess(t *testing.T) {
	tenant := newTenant("primary-dev", "admin", "sre", "operations")
	seed := v1alpha1.RoleMapping{
		Viewer: []string{"fin-ops", "auditors"}, Editor: []string{"ml-engineers", "data-team"}, Admin: []string{"admin", "sre"},
	}
	rules := defaultRules(t)
	for name, objects := range map[string]Objects{
		"tenant":                 ForTenant(tenant),
		"tenant-without-groups":  ForTenant(newTenant("primary-dev")),
		"project":                ForProject(newProject("project-a", seed), tenant, rules, systemNamespace),
		"project-without-groups": ForProject(newProject("project-a", v1alpha1.RoleMapping{}), newTenant("primary-dev"), rules, systemNamespace),
	} {
		t.Run(name, func(t *testing.T) {
			path, got := filepath.Join("testdata", name+".yaml"), render(t, objects)
			if *update {
				require.NoError(t, os.WriteFile(path, got, 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err, "run go test ./pkg/access -update, and read the difference before you commit it")
			assert.Equal(t, string(want), string(got), "run go test ./pkg/access -update, and read the difference before you commit it")
		})
	}
}

func render(t *testing.T, objects Objects) []byte {
	t.Helper()
	var out bytes.Buffer
	write := func(object any) {
		data, err := yaml.Marshal(object)
		require.NoError(t, err)
		out.WriteString("---\n")
		out.Write(data)
	}
	for _, o := range objects.NetworkPolicies {
		write(o)
	}
	for _, o := range objects.ResourceQuotas {
		write(o)
	}
	for _, o := range objects.LimitRanges {
		write(o)
	}
	for _, o := range objects.ClusterRoles {
		write(o)
	}
	for _, o := range objects.ClusterRoleBindings {
		write(o)
	}
	for _, o := range objects.Roles {
		write(o)
	}
	for _, o := range objects.RoleBindings {
		write(o)
	}
	return out.Bytes()
}

func TestOnlyGroupsThatATenantMayNameAreBound(t *testing.T) {
	bad := []string{"system:masters", "", "system:authenticated", "system:serviceaccounts", "system:"}
	tenant := newTenant("t", append(bad, "good")...)
	project := newProject("p", v1alpha1.RoleMapping{Viewer: append(bad, "good"), Editor: append(bad, "good"), Admin: append(bad, "good")})
	want := []rbacv1.Subject{{Kind: "Group", APIGroup: "rbac.authorization.k8s.io", Name: "good"}}
	for _, binding := range append(ForTenant(tenant).RoleBindings, ForProject(project, tenant, defaultRules(t), systemNamespace).RoleBindings...) {
		assert.Equal(t, want, binding.Subjects, binding.Name)
	}
	for _, binding := range ForTenant(tenant).ClusterRoleBindings {
		assert.Equal(t, want, binding.Subjects, binding.Name)
	}

	nobody := newTenant("t", bad...)
	assert.Empty(t, ForTenant(nobody).RoleBindings)
	assert.Empty(t, ForTenant(nobody).ClusterRoleBindings)
	assert.Empty(t, ForProject(newProject("p", v1alpha1.RoleMapping{Admin: bad}), nobody, defaultRules(t), systemNamespace).RoleBindings)
}

func TestSubjectsDoNotDependOnOrderOrRepetition(t *testing.T) {
	assert.Equal(t, Subjects([]string{"a", "b", "c"}), Subjects([]string{"c", "a", "b", "a"}))
}

// TestNoNameMeansTwoThings: no Tenant or Project can be named so that what is generated for it overwrites what is generated
// for another one.
func TestNoNameMeansTwoThings(t *testing.T) {
	var names []string
	parts := []string{"a", "tenant", "prj", "create", "system", "viewer", "editor", "admin", "tnt-adm"}
	for _, first := range parts {
		names = append(names, first)
		for _, second := range parts {
			names = append(names, first+"-"+second)
			for _, third := range parts {
				names = append(names, first+"-"+second+"-"+third)
			}
		}
	}
	seen := map[string]string{}
	claim := func(kind string, object metav1.Object, owner string) {
		key := kind + " " + object.GetNamespace() + "/" + object.GetName()
		if other, ok := seen[key]; ok {
			t.Errorf("%s is wanted by both %s and %s", key, other, owner)
		}
		seen[key] = owner
	}
	rules := defaultRules(t)
	for _, name := range names {
		tenant := ForTenant(newTenant(name, "g"))
		project := ForProject(newProject(name, v1alpha1.RoleMapping{Viewer: []string{"g"}, Editor: []string{"g"}, Admin: []string{"g"}}), newTenant("t", "g"), rules, systemNamespace)
		for _, o := range tenant.ClusterRoles {
			claim("ClusterRole", o, "tenant "+name)
		}
		for _, o := range tenant.Roles {
			claim("Role", o, "tenant "+name)
		}
		for _, o := range project.Roles {
			claim("Role", o, "project "+name)
		}
	}
	assert.Len(t, seen, len(names)*(1+1+7))
}

func TestWhatIsGeneratedCanBeFoundByItsLabels(t *testing.T) {
	project := ForProject(newProject("p", v1alpha1.RoleMapping{Admin: []string{"g"}}), newTenant("t", "g"), defaultRules(t), systemNamespace)
	for _, role := range project.Roles {
		assert.Equal(t, ProjectLabels("t", "p"), role.Labels)
	}
	for _, binding := range project.RoleBindings {
		assert.Equal(t, ProjectLabels("t", "p"), binding.Labels)
		assert.Equal(t, binding.Name, binding.RoleRef.Name)
	}
	// Two objects never share a map: whoever changes one must not change the other.
	project.Roles[0].Labels["x"] = "y"
	assert.NotContains(t, project.RoleBindings[0].Labels, "x")
}

func TestSystemNamespaceIsReadOnlyAndWithoutSecretsForEveryTier(t *testing.T) {
	found := 0
	for _, role := range ForProject(newProject("p", v1alpha1.RoleMapping{}), newTenant("t"), defaultRules(t), systemNamespace).Roles {
		if role.Namespace != systemNamespace {
			continue
		}
		found++
		for _, rule := range role.Rules {
			assert.Subset(t, []string{"get", "list", "watch"}, rule.Verbs)
			if !slices.Equal(rule.APIGroups, []string{"spectrocloud.com"}) {
				assert.Equal(t, [][]string{{""}, {"configmaps"}, {"feature-flags"}}, [][]string{rule.APIGroups, rule.Resources, rule.ResourceNames})
			}
		}
	}
	assert.Equal(t, 3, found)
}

func TestInTheClusterATenantsGroupsCreateAndDoNothingElse(t *testing.T) {
	roles := ForTenant(newTenant("t", "g")).ClusterRoles
	require.Len(t, roles, 1)
	for _, rule := range roles[0].Rules {
		assert.Equal(t, []string{"create"}, rule.Verbs)
	}
}

func TestDefaultRulesGiveEachTierItsRights(t *testing.T) {
	rules := defaultRules(t)
	for name, test := range map[string]struct {
		verb, group, resource  string
		viewer, editor, admins bool
	}{
		"read pods":                {"list", "", "pods", true, true, true},
		"read logs":                {"get", "", "pods/log", true, true, true},
		"read deployments":         {"get", "apps", "*", true, true, true},
		"read projects":            {"watch", "spectrocloud.com", "projects", true, true, true},
		"read gpu usage":           {"get", "spectrocloud.com", "projects/gpuusage", true, true, true},
		"read effective settings":  {"get", "spectrocloud.com", "projects/effectivesettings", true, true, true},
		"read settings":            {"get", "spectrocloud.com", "settings", true, true, true},
		"read secrets":             {"get", "", "secrets", false, true, true},
		"write secrets":            {"create", "", "secrets", false, true, true},
		"run ai workloads":         {"create", "spectrocloud.com", "aiworkloads", false, true, true},
		"write repositories":       {"patch", "source.toolkit.fluxcd.io", "ocirepositories", false, true, true},
		"write scaling policies":   {"delete", "spectrocloud.com", "scalingpolicies", false, true, true},
		"write compute pools":      {"create", "spectrocloud.com", "computepools", false, false, true},
		"write settings":           {"update", "spectrocloud.com", "settings", false, false, true},
		"write definitions":        {"create", "spectrocloud.com", "traitdefinitions", false, false, true},
		"write variables":          {"update", "spectrocloud.com", "variablesets", false, false, true},
		"write the project":        {"update", "spectrocloud.com", "projects", false, false, true},
		"write pods":               {"create", "", "pods", false, false, true},
		"delete in bulk":           {"deletecollection", "spectrocloud.com", "aiworkloads", false, false, false},
		"write role bindings":      {"create", "rbac.authorization.k8s.io", "rolebindings", false, false, false},
		"write the project status": {"update", "spectrocloud.com", "projects/status", false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := []bool{}
			for _, tier := range Tiers {
				got = append(got, allows(rules[tier], test.verb, test.group, test.resource))
			}
			assert.Equal(t, []bool{test.viewer, test.editor, test.admins}, got, "viewer, editor, admin")
		})
	}
}

func allows(rules []rbacv1.PolicyRule, verb, group, resource string) bool {
	for _, rule := range rules {
		if slices.Contains(rule.Verbs, verb) && slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, resource) {
			return true
		}
	}
	return false
}
