// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	apply "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestNobodyIsGivenAStatusToWrite reads all that is generated for a Tenant and its Project, and asks for its members.
func TestNobodyIsGivenAStatusToWrite(t *testing.T) {
	p := newParty(t)
	people := members(t, p)
	options := metav1.ListOptions{LabelSelector: access.LabelManagedBy + "=" + access.ManagedBy}
	roles, err := cluster.Admin.Host.RbacV1().Roles("").List(t.Context(), options)
	require.NoError(t, err)
	clusterRoles, err := cluster.Admin.Host.RbacV1().ClusterRoles().List(t.Context(), options)
	require.NoError(t, err)
	given := map[string][]rbacv1.PolicyRule{}
	for _, role := range roles.Items {
		given[role.Namespace+"/"+role.Name] = role.Rules
	}
	for _, role := range clusterRoles.Items {
		given[role.Name] = role.Rules
	}
	require.Contains(t, given, p.project+"/prj-"+p.project+"-admin")
	for name, rules := range given {
		for _, rule := range rules {
			for _, resource := range rule.Resources {
				ours := slices.Contains(rule.APIGroups, v1alpha1.GroupName) || slices.Contains(rule.APIGroups, "*") || slices.Contains(rule.APIGroups, "")
				wide := strings.Contains(resource, "*") || strings.HasSuffix(resource, "/status") || strings.HasSuffix(resource, "/finalizers")
				assert.False(t, ours && wide, "%s has %v", name, rule)
			}
			assert.NotContains(t, rule.Verbs, "*", name)
			assert.NotContains(t, rule.Verbs, "deletecollection", name)
		}
	}
	for who, person := range people {
		for _, resource := range []string{"tenants", "projects", "computepools", "aiworkloads", "scalingpolicies", "workloadprofiles"} {
			for _, subresource := range []string{"status", "finalizers"} {
				for _, verb := range []string{"update", "patch"} {
					assert.False(t, allowed(t.Context(), t, person, authorizationv1.ResourceAttributes{Verb: verb, Group: v1alpha1.GroupName,
						Resource: resource, Subresource: subresource, Namespace: p.project, Name: p.project}), "%s may %s %s/%s", who, verb, resource, subresource)
				}
			}
			version := map[bool]string{true: "v1beta1", false: "v1alpha1"}[resource == "workloadprofiles"]
			path := "/apis/spectrocloud.com/" + version + "/namespaces/" + p.project + "/" + resource + "/" + p.project + "/status"
			if resource == "tenants" {
				path = "/apis/spectrocloud.com/v1alpha1/tenants/" + p.tenant + "/status"
			}
			err := person.REST().Patch(types.MergePatchType).AbsPath(path).Body([]byte(`{"status": {}}`)).Do(t.Context()).Error()
			framework.Refused(t, err, 403, "cannot patch resource")
		}
	}
}

// TestNobodyShowsAProjectToOthers writes the status that says who sees an object beside those that its spec names.
func TestNobodyShowsAProjectToOthers(t *testing.T) {
	p := newParty(t)
	spy := cluster.Person(t, "spy", "spies")
	status := `"status": {"tenantGroups": ["spies"], "projectGroups": ["spies"]}`
	project := framework.Project(framework.Name("shown"), p.tenant)
	project.Status.TenantGroups = []string{"spies"}
	created, err := p.admin.Projects(project.Namespace).Create(t.Context(), project, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, []string{p.group}, created.Status.TenantGroups)
	cluster.ProjectReady(t, project.Name)
	waitAllowed(t, p.admin, "patch", project.Name)
	tenant, err := cluster.Admin.Tenants().Create(t.Context(), &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: framework.Name("shown")},
		Status: v1alpha1.TenantStatus{ProjectGroups: []string{"spies"}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Empty(t, tenant.Status.ProjectGroups)
	cluster.TenantReady(t, tenant.Name)

	nothingChanges(t, func() {
		projects := p.admin.Projects(project.Name)
		_, err = projects.Patch(t.Context(), project.Name, types.MergePatchType, []byte(`{`+status+`}`), metav1.PatchOptions{})
		require.NoError(t, err)
		_, err = projects.Patch(t.Context(), project.Name, types.JSONPatchType, []byte(`[{"op": "add", "path": "/status/tenantGroups/-", "value": "spies"}]`), metav1.PatchOptions{})
		require.NoError(t, err)
		_, err = projects.Apply(t.Context(), apply.Project(project.Name, project.Name).WithStatus(apply.ProjectStatus().WithTenantGroups("spies")), applying)
		require.NoError(t, err)
		live, err := projects.Get(t.Context(), project.Name, metav1.GetOptions{})
		require.NoError(t, err)
		live.Status.TenantGroups = []string{"spies"}
		updated, err := projects.Update(t.Context(), live, metav1.UpdateOptions{})
		require.NoError(t, err)
		assert.Equal(t, []string{p.group}, updated.Status.TenantGroups)
		changed, err := cluster.Admin.Tenants().Patch(t.Context(), tenant.Name, types.MergePatchType, []byte(`{`+status+`}`), metav1.PatchOptions{})
		require.NoError(t, err)
		assert.Empty(t, changed.Status.ProjectGroups)
	})
	_, err = spy.Projects(project.Name).Get(t.Context(), project.Name, metav1.GetOptions{})
	framework.Refused(t, err, 404, "not found")
	for _, name := range []string{p.tenant, tenant.Name} {
		_, err = spy.Tenants().Get(t.Context(), name, metav1.GetOptions{})
		framework.Refused(t, err, 404, "not found")
	}
}

// TestTheHistoryOfAProfileIsNotForged says of a WorkloadProfile that it is another's, or the first, or the hundredth.
func TestTheHistoryOfAProfileIsNotForged(t *testing.T) {
	p := newParty(t)
	path := "/apis/spectrocloud.com/v1beta1/namespaces/" + p.project + "/workloadprofiles"
	body := func(name, spec string) []byte {
		return fmt.Appendf(nil, `{"apiVersion": "spectrocloud.com/v1beta1", "kind": "WorkloadProfile", "metadata": {"name": %q, "generation": 7, "uid": "1"},
			"spec": {"type": "Application", "workload": {"components": [{"name": "web", "type": "deployment"}]} %s},
			"status": {"lineage": "of-somebody", "revision": 100}}`, name, spec)
	}
	type profile struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Status   struct {
			Lineage  string `json:"lineage"`
			Revision int64  `json:"revision"`
		} `json:"status"`
	}
	read := func(raw []byte, err error) (read profile) {
		require.NoError(t, err, string(raw))
		require.NoError(t, json.Unmarshal(raw, &read))
		return read
	}
	first := read(p.admin.REST().Post().AbsPath(path).Body(body("first", "")).DoRaw(t.Context()))
	assert.Equal(t, "first", first.Status.Lineage)
	assert.EqualValues(t, 1, first.Status.Revision)
	assert.NotEqual(t, types.UID("1"), first.Metadata.UID)
	second := read(p.admin.REST().Post().AbsPath(path).Body(body("second", `, "revisionOf": {"name": "first"}`)).DoRaw(t.Context()))
	assert.Equal(t, "first", second.Status.Lineage)
	assert.EqualValues(t, 2, second.Status.Revision)
	for _, patch := range []string{`{"status": {"lineage": "second", "revision": 1}}`, `{"status": null}`} {
		patched := read(p.admin.REST().Patch(types.MergePatchType).AbsPath(path + "/second").Body([]byte(patch)).DoRaw(t.Context()))
		assert.Equal(t, second.Status, patched.Status)
	}
	err := p.admin.REST().Patch(types.MergePatchType).AbsPath(path + "/second").Body([]byte(`{"spec": {"revisionOf": null}}`)).Do(t.Context()).Error()
	framework.Refused(t, err, 422, "spec")
	for _, name := range []string{"second/../third", "../" + p.project + "/first", "nobody"} {
		err = p.admin.REST().Post().AbsPath(path).Body(body("third", `, "revisionOf": {"name": "`+name+`"}`)).Do(t.Context()).Error()
		framework.Refused(t, err, 422, "spec.revisionOf.name")
	}
	err = cluster.Admin.REST().Patch(types.MergePatchType).AbsPath(path + "/second/status").Body([]byte(`{"status": {"revision": 9}}`)).Do(t.Context()).Error()
	framework.Refused(t, err, 404, "")
}
