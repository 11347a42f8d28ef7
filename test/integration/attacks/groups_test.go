// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	apply "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// kubernetes are groups that Kubernetes gives a meaning of its own, or that a parser might trim into one of them.
var kubernetes = []string{
	"system:masters", "system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:serviceaccounts:kube-system", "system:nodes", "system:",
	" system:masters", "system:masters\t", "\u0000system:masters", "\u00a0system:masters", "\u2003system:masters", "\u0085system:masters", "\nsystem:masters",
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	value, err := json.Marshal(text)
	require.NoError(t, err)
	return string(value)
}

// TestGroupsOfKubernetesAreNotBound tries each way to write a mapping, as who manages the Project, and as the cluster's
// administrator, who alone writes Tenants.
func TestGroupsOfKubernetesAreNotBound(t *testing.T) {
	p := newParty(t)
	projects, tenants := p.admin.Projects(p.project), cluster.Admin.Tenants()
	nothingChanges(t, func() {
		for _, group := range kubernetes {
			value := quoted(t, group)
			for _, tier := range []string{"viewer", "editor", "admin"} {
				path := "spec.roleMapping." + tier
				_, err := projects.Patch(t.Context(), p.project, types.MergePatchType, []byte(`{"spec": {"roleMapping": {"`+tier+`": ["innocent", `+value+`]}}}`), metav1.PatchOptions{})
				framework.Refused(t, err, 422, path+"[1]")
				_, err = projects.Patch(t.Context(), p.project, types.JSONPatchType,
					[]byte(`[{"op": "add", "path": "/spec/roleMapping", "value": {"`+tier+`": [`+value+`]}}]`), metav1.PatchOptions{})
				framework.Refused(t, err, 422, path+"[0]")
			}
			_, err := projects.Apply(t.Context(), apply.Project(p.project, p.project).WithSpec(apply.ProjectSpec().WithRoleMapping(apply.RoleMapping().WithAdmin(group))), applying)
			framework.Refused(t, err, 422, "spec.roleMapping.admin[0]")
			project, err := projects.Get(t.Context(), p.project, metav1.GetOptions{})
			require.NoError(t, err)
			project.Spec.RoleMapping.Editor = []string{group}
			_, err = projects.Update(t.Context(), project, metav1.UpdateOptions{})
			framework.Refused(t, err, 422, "spec.roleMapping.editor[0]")
			_, err = cluster.Admin.Projects(p.project).UpdateStatus(t.Context(), project, metav1.UpdateOptions{}) // Which leaves the spec alone.
			require.NoError(t, err)
			created := framework.Project(framework.Name("masters"), p.tenant)
			created.Spec.RoleMapping.Viewer = []string{group}
			_, err = p.admin.Projects(created.Namespace).Create(t.Context(), created, metav1.CreateOptions{})
			framework.Refused(t, err, 422, "spec.roleMapping.viewer[0]")
			name := framework.Name("applied")
			_, err = cluster.Admin.Projects(name).Apply(t.Context(), apply.Project(name, name).WithSpec(apply.ProjectSpec().
				WithTenantRef(apply.TenantReference().WithName(p.tenant)).WithRoleMapping(apply.RoleMapping().WithAdmin(group))), applying)
			framework.Refused(t, err, 422, "spec.roleMapping.admin[0]")

			_, err = tenants.Create(t.Context(), framework.Tenant(name, group), metav1.CreateOptions{})
			framework.Refused(t, err, 422, "spec.tenantRoleMapping.groups[0]")
			_, err = tenants.Apply(t.Context(), apply.Tenant(name).WithSpec(apply.TenantSpec().WithTenantRoleMapping(apply.TenantRoleMapping().WithGroups(group))), applying)
			framework.Refused(t, err, 422, "spec.tenantRoleMapping.groups[0]")
			_, err = tenants.Patch(t.Context(), p.tenant, types.JSONPatchType, []byte(`[{"op": "add", "path": "/spec/tenantRoleMapping/groups/-", "value": `+value+`}]`), metav1.PatchOptions{})
			framework.Refused(t, err, 422, "spec.tenantRoleMapping.groups[1]")
		}
	})
}

// TestALookAlikeIsAnotherGroup maps groups that read like those of Kubernetes, which an identity provider may well have.
func TestALookAlikeIsAnotherGroup(t *testing.T) {
	p := newParty(t)
	lookAlikes := []string{"System:authenticated", "SYSTEM:AUTHENTICATED", "ѕystem:authenticated", "system：authenticated", "system\u200b:authenticated",
		"\u200bsystem:authenticated", "authenticated", "*", "oidc:system:authenticated"}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"roleMapping": map[string]any{"viewer": lookAlikes, "admin": lookAlikes}}})
	require.NoError(t, err)
	_, err = p.admin.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType, patch, metav1.PatchOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, p.project)
	cluster.TenantReady(t, p.tenant)
	waitAllowed(t, cluster.Person(t, "someone", lookAlikes[0]), "patch", p.project)
	requireStranger(t, p)
}

// requireStranger checks that being known to the cluster is no right in a Project.
func requireStranger(t *testing.T, p party) {
	t.Helper()
	nobody := cluster.Person(t, "nobody")
	for _, what := range []authorizationv1.ResourceAttributes{
		{Verb: "list", Resource: "secrets"}, {Verb: "list", Resource: "pods"}, {Verb: "patch", Group: "spectrocloud.com", Resource: "projects"}} {
		what.Namespace = p.project
		assert.False(t, allowed(t.Context(), t, nobody, what), "%+v", what)
	}
	_, err := nobody.Projects(p.project).Get(t.Context(), p.project, metav1.GetOptions{})
	framework.Refused(t, err, 404, "not found")
	_, err = nobody.Tenants().Get(t.Context(), p.tenant, metav1.GetOptions{})
	framework.Refused(t, err, 404, "not found")
	list, err := nobody.Projects("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, list.Items)
}

// TestWhatAnOlderVersionLetInOpensNothing puts mappings into etcd that validation would refuse, then writes the objects
// in ways that do not validate the mapping again.
func TestWhatAnOlderVersionLetInOpensNothing(t *testing.T) {
	p := newParty(t)
	bad := []string{"system:authenticated", "", "system:masters", "legacy"}
	rewrite(t, "/tenancy/projects/"+p.project+"/"+p.project, &v1alpha1.Project{}, func(project *v1alpha1.Project) {
		project.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: bad, Admin: bad}
		project.Status.TenantGroups = append(project.Status.TenantGroups, "system:authenticated")
	})
	rewrite(t, "/tenancy/tenants/"+p.tenant, &v1alpha1.Tenant{}, func(tenant *v1alpha1.Tenant) {
		tenant.Spec.TenantRoleMapping.Groups = append(bad, p.group)
		tenant.Status.ProjectGroups = append(tenant.Status.ProjectGroups, "system:authenticated")
	})
	label := []byte(`{"metadata": {"labels": {"touched": "yes"}}}`)
	_, err := cluster.Admin.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType, label, metav1.PatchOptions{})
	require.NoError(t, err, "what is stored must stay usable")
	_, err = cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType, label, metav1.PatchOptions{})
	require.NoError(t, err)
	legacy := cluster.Person(t, "someone", "legacy")
	waitAllowed(t, legacy, "patch", p.project)
	looksAgain(t, p.project)
	requireStranger(t, p)
	_, err = legacy.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType, []byte(`{"spec": {"displayName": "x"}}`), metav1.PatchOptions{})
	framework.Refused(t, err, 422, "spec.roleMapping.viewer[0]", "reserved")
}

// rewrite changes an object in etcd, behind the server's back.
func rewrite[T runtime.Object](t *testing.T, key string, object T, change func(T)) {
	t.Helper()
	endpoint, config := cluster.TenancyEtcdClient()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, TLS: config})
	require.NoError(t, err)
	defer client.Close()
	codec := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	for {
		stored, err := client.Get(t.Context(), key)
		require.NoError(t, err)
		require.Len(t, stored.Kvs, 1, key)
		_, _, err = codec.Decode(stored.Kvs[0].Value, nil, object)
		require.NoError(t, err)
		change(object)
		var value bytes.Buffer
		require.NoError(t, codec.Encode(object, &value))
		written, err := client.Txn(t.Context()).If(clientv3.Compare(clientv3.ModRevision(key), "=", stored.Kvs[0].ModRevision)).
			Then(clientv3.OpPut(key, value.String())).Commit()
		require.NoError(t, err)
		if written.Succeeded {
			return
		}
	}
}
