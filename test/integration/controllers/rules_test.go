// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

func setRules(t *testing.T, tenant string, tier access.Tier, rules string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"data": map[string]string{access.RulesKey: rules}})
	require.NoError(t, err)
	require.NoError(t, patch(t, host.CoreV1().ConfigMaps(tenant).Patch, tier.ConfigMap(), string(data)))
}

func getRole(t require.TestingT, test *testing.T, project string, tier access.Tier) *rbacv1.Role {
	role, err := host.RbacV1().Roles(project).Get(test.Context(), access.ProjectRole(project, tier), metav1.GetOptions{})
	require.NoError(t, err)
	return role
}

func waitRules(t *testing.T, project string, tier access.Tier, rules string) {
	t.Helper()
	want, err := access.ParseRules(rules)
	require.NoError(t, err)
	eventually(t, func(c *assert.CollectT) {
		assert.Equal(c, want, getRole(c, t, project, tier).Rules)
	}, patience, "rules of "+string(tier)+" in "+project)
}

const (
	oneRule = `[{apiGroups: [""], resources: [pods], verbs: [get]}]`
	another = `[{apiGroups: [batch], resources: [jobs], verbs: [get, create]}]`
	tooMuch = `[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`
	broken  = `[{apiGroups: ["`
)

func TestAnEditOfTheRulesReachesEveryProjectAndNothingElse(t *testing.T) {
	t.Parallel()
	start(t, "rules", "rules-a", "rules-b")
	start(t, "rules-other", "rules-c")
	unchanged := map[string]string{}
	for _, project := range []string{"rules-a", "rules-b", "rules-c"} {
		unchanged[project] = getRole(t, t, project, access.Viewer).ResourceVersion
	}
	elsewhere := getRole(t, t, "rules-c", access.Editor).ResourceVersion
	binding, err := host.RbacV1().RoleBindings("rules-a").Get(t.Context(), "prj-rules-a-editor", metav1.GetOptions{})
	require.NoError(t, err)

	setRules(t, "rules", access.Editor, oneRule)
	waitRules(t, "rules-a", access.Editor, oneRule)
	waitRules(t, "rules-b", access.Editor, oneRule)
	for project, version := range unchanged {
		assert.Equal(t, version, getRole(t, t, project, access.Viewer).ResourceVersion, project)
	}
	assert.Equal(t, elsewhere, getRole(t, t, "rules-c", access.Editor).ResourceVersion, "the other Tenant's")
	after, err := host.RbacV1().RoleBindings("rules-a").Get(t.Context(), "prj-rules-a-editor", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, binding.ResourceVersion, after.ResourceVersion)

	// Without its labels a copy is out of the controllers' sight; it comes back with what it says.
	setRules(t, "rules", access.Editor, another)
	waitRules(t, "rules-a", access.Editor, another)
	require.NoError(t, patch(t, host.CoreV1().ConfigMaps("rules").Patch, access.Editor.ConfigMap(), `{"metadata":{"labels":null}}`))
	eventually(t, func(c *assert.CollectT) {
		configMap, err := host.CoreV1().ConfigMaps("rules").Get(t.Context(), access.Editor.ConfigMap(), metav1.GetOptions{})
		require.NoError(c, err)
		assert.Subset(c, configMap.Labels, access.TenantLabels("rules"))
		assert.Equal(c, another, configMap.Data[access.RulesKey])
	}, patience, "labels of the copy")
	waitRules(t, "rules-a", access.Editor, another)

	// A deleted copy starts from the template again.
	require.NoError(t, host.CoreV1().ConfigMaps("rules").Delete(t.Context(), access.Editor.ConfigMap(), metav1.DeleteOptions{}))
	waitRules(t, "rules-a", access.Editor, access.Editor.DefaultRules())
	waitRules(t, "rules-b", access.Editor, access.Editor.DefaultRules())
	eventually(t, func(c *assert.CollectT) { // The Roles follow the template as soon as the copy is gone.
		configMap, err := host.CoreV1().ConfigMaps("rules").Get(t.Context(), access.Editor.ConfigMap(), metav1.GetOptions{})
		require.NoError(c, err)
		assert.Equal(c, access.Editor.DefaultRules(), configMap.Data[access.RulesKey])
	}, patience, "the copy")
}

func TestARefusedEditLeavesTheLastGoodRules(t *testing.T) {
	t.Parallel()
	start(t, "bad", "bad-a")
	setRules(t, "bad", access.Admin, oneRule)
	waitRules(t, "bad-a", access.Admin, oneRule)

	for _, edit := range []string{tooMuch, broken, ""} {
		setRules(t, "bad", access.Admin, edit)
		waitTenant(t, "bad", v1alpha1.ConditionAccessReady, metav1.ConditionFalse, "InvalidRules")
		refused := waitProject(t, "bad-a", v1alpha1.ConditionAccessReady, metav1.ConditionTrue, "LastGoodRules")
		assert.Contains(t, refused.Message, "bad/project-rbac-admin")
		waitRules(t, "bad-a", access.Admin, oneRule)
	}
	waitEvent(t, "bad", "ConfigMap", "project-rbac-admin", "InvalidRules")
	waitEvent(t, "default", "Tenant", "bad", "InvalidRules")

	// An edit of the Role that could not have been a rule does not become one.
	require.NoError(t, patch(t, host.RbacV1().Roles("bad-a").Patch, access.ProjectRole("bad-a", access.Admin), `{"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}`))
	waitRules(t, "bad-a", access.Admin, access.Admin.DefaultRules())

	createProject(t, newProject("bad", "bad-new"))
	waitProject(t, "bad-new", v1alpha1.ConditionAccessReady, metav1.ConditionTrue, "LastGoodRules")
	waitRules(t, "bad-new", access.Admin, access.Admin.DefaultRules())

	setRules(t, "bad", access.Admin, another)
	waitTenant(t, "bad", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	for _, project := range []string{"bad-a", "bad-new"} {
		waitProject(t, project, v1alpha1.ConditionAccessReady, metav1.ConditionTrue, "AccessGranted")
		waitRules(t, project, access.Admin, another)
	}
}

func TestTheTemplatesAreThereAndAreNotOverwritten(t *testing.T) {
	for _, tier := range access.Tiers {
		template, err := host.CoreV1().ConfigMaps(systemNamespace).Get(t.Context(), tier.ConfigMap(), metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, tier.DefaultRules(), template.Data[access.RulesKey])
	}
	setRules(t, systemNamespace, access.Viewer, oneRule)
	t.Cleanup(func() {
		template := &corev1.ConfigMap{Data: map[string]string{access.RulesKey: access.Viewer.DefaultRules()}}
		data, _ := json.Marshal(map[string]any{"data": template.Data})
		_, _ = host.CoreV1().ConfigMaps(systemNamespace).Patch(cleanupContext(t), access.Viewer.ConfigMap(), mergePatch, data, metav1.PatchOptions{})
	})
	start(t, "templated-before", "templated-a")
	waitRules(t, "templated-a", access.Viewer, oneRule)
	restart(t)
	start(t, "templated-after", "templated-b")
	waitRules(t, "templated-b", access.Viewer, oneRule)
}
