// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	apply "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// forged is a status that a user would like to be true.
const forged = `"status": {"gpuUsage": {"NVIDIA-A100": 0}, "observedGeneration": 99, "conditions": [{"type": "Ready", "status": "Unknown",
	"reason": "Forged", "message": "forged", "lastTransitionTime": "2001-01-01T00:00:00Z"}]}`

func TestAStatusIsNotForged(t *testing.T) {
	p := newParty(t)
	projects := p.admin.Projects(p.project)
	before, err := projects.Get(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)

	// Through the Project itself it is left out, as for every type: users send back what they have read.
	update := before.DeepCopy()
	update.Status = v1alpha1.ProjectStatus{ObservedGeneration: 99}
	_, err = projects.Update(t.Context(), update, metav1.UpdateOptions{})
	require.NoError(t, err)
	_, err = projects.Patch(t.Context(), p.project, types.MergePatchType, []byte(`{`+forged+`}`), metav1.PatchOptions{})
	require.NoError(t, err)
	_, err = projects.Apply(t.Context(), apply.Project(p.project, p.project).WithStatus(apply.ProjectStatus().WithObservedGeneration(99)), applying)
	require.NoError(t, err)
	after, err := projects.Get(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, before.Status, after.Status)
	assert.Equal(t, before.Generation, after.Generation)
	for _, entry := range after.ManagedFields {
		assert.NotContains(t, fields(entry), "f:status", "%s owns the status", entry.Manager)
	}

	project := framework.Project(framework.Name("born-ready"), p.tenant)
	project.Status = v1alpha1.ProjectStatus{ObservedGeneration: 99, GPUUsage: v1alpha1.GPUCounts{"NVIDIA-A100": 7}}
	created, err := p.admin.Projects(project.Namespace).Create(t.Context(), project, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, v1alpha1.ProjectStatus{TenantGroups: []string{p.group}}, created.Status)
	cluster.ProjectReady(t, project.Name)

	// The subresource is the controllers'.
	nothingChanges(t, func() {
		_, err := projects.Patch(t.Context(), p.project, types.MergePatchType, []byte(`{`+forged+`}`), metav1.PatchOptions{}, "status")
		framework.Refused(t, err, 403, `cannot patch resource "projects/status"`)
		_, err = projects.UpdateStatus(t.Context(), update, metav1.UpdateOptions{})
		framework.Refused(t, err, 403, `cannot update resource "projects/status"`)
	})
}

// fields returns what an entry of managedFields owns, or nothing where it is of the status subresource.
func fields(entry metav1.ManagedFieldsEntry) string {
	if entry.Subresource == "status" {
		return ""
	}
	return entry.FieldsV1.GetRawString()
}

// TestStatusWritesNothingElse gives someone all rights on status, and no other.
func TestStatusWritesNothingElse(t *testing.T) {
	p := newParty(t)
	group := framework.Name("reporters")
	grant(t, group, rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"projects/status", "tenants/status"}, Verbs: []string{"*"}},
		rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"projects", "tenants"}, Verbs: []string{"get", "listall"}})
	reporter := cluster.Person(t, group, group)
	waitAllowed(t, reporter, "get", p.project)
	const smuggled = `"metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}, "finalizers": [], "ownerReferences":
		[{"apiVersion": "v1", "kind": "Namespace", "name": "default", "uid": "1"}], "deletionTimestamp": "2001-01-01T00:00:00Z"}`
	nothingChanges(t, func() {
		_, err := reporter.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType,
			[]byte(`{`+smuggled+`, "spec": {"displayName": "smuggled", "roleMapping": {"admin": ["`+group+`"]}, "tenantRef": {"name": "x"}}}`),
			metav1.PatchOptions{}, "status")
		require.NoError(t, err)
		project, err := reporter.Projects(p.project).Get(t.Context(), p.project, metav1.GetOptions{})
		require.NoError(t, err)
		project.Finalizers, project.Labels, project.Spec = nil, map[string]string{"a": "b"}, v1alpha1.ProjectSpec{}
		_, err = reporter.Projects(p.project).UpdateStatus(t.Context(), project, metav1.UpdateOptions{})
		require.NoError(t, err)
		_, err = reporter.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
			[]byte(`{`+smuggled+`, "spec": {"displayName": "smuggled", "tenantRoleMapping": {"groups": ["`+group+`"]}}}`), metav1.PatchOptions{}, "status")
		require.NoError(t, err)
		_, err = reporter.Projects(p.project).ApplyStatus(t.Context(), apply.Project(p.project, p.project).
			WithLabels(map[string]string{"a": "b"}).WithFinalizers("example.com/mine").
			WithSpec(apply.ProjectSpec().WithDisplayName("smuggled")), applying)
		require.NoError(t, err)
		// And it makes nothing.
		name := framework.Name("from-status")
		_, err = reporter.Projects(name).ApplyStatus(t.Context(), apply.Project(name, name).WithStatus(apply.ProjectStatus().WithObservedGeneration(1)), applying)
		framework.Refused(t, err, 404, "not found")
	})
	_, err := reporter.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType,
		[]byte(`{"status": {"gpuUsage": {"NVIDIA-A100": -1}}}`), metav1.PatchOptions{}, "status")
	framework.Refused(t, err, 422, "status.gpuUsage[NVIDIA-A100]", "must be greater than or equal to 0")
}

func TestTheFinalizerOfALiveObjectStays(t *testing.T) {
	p := newParty(t)
	nothingChanges(t, func() {
		project, err := p.admin.Projects(p.project).Get(t.Context(), p.project, metav1.GetOptions{})
		require.NoError(t, err)
		require.Contains(t, project.Finalizers, v1alpha1.Finalizer)
		project.Finalizers = nil
		project, err = p.admin.Projects(p.project).Update(t.Context(), project, metav1.UpdateOptions{})
		require.NoError(t, err)
		assert.Contains(t, project.Finalizers, v1alpha1.Finalizer)
		for kind, patch := range map[types.PatchType]string{
			types.MergePatchType: `{"metadata": {"finalizers": null}}`,
			types.JSONPatchType:  `[{"op": "remove", "path": "/metadata/finalizers"}]`,
		} {
			project, err = p.admin.Projects(p.project).Patch(t.Context(), p.project, kind, []byte(patch), metav1.PatchOptions{})
			require.NoError(t, err)
			assert.Contains(t, project.Finalizers, v1alpha1.Finalizer)
			tenant, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, kind, []byte(patch), metav1.PatchOptions{})
			require.NoError(t, err)
			assert.Contains(t, tenant.Finalizers, v1alpha1.Finalizer)
		}
	})
}
