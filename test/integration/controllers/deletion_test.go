// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func TestADeletedProjectTakesItsNamespaceAndAccessWithIt(t *testing.T) {
	t.Parallel()
	start(t, "del", "del-a", "del-b")
	_, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), "del", metav1.GetOptions{})
	require.NoError(t, err)
	err = tenancy.SpectrocloudV1alpha1().Tenants().Delete(t.Context(), "del", metav1.DeleteOptions{})
	require.True(t, apierrors.IsConflict(err), "a Tenant with Projects stays: %v", err)

	deleteProject(t, "del-a")
	waitProjectGone(t, "del-a")
	waitAccess(t, "del", "del-b")
	waitNamespaceGone(t, "del-a")
	eventually(t, func(c *assert.CollectT) {
		tenant, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), "del", metav1.GetOptions{})
		require.NoError(c, err)
		assert.EqualValues(c, 1, tenant.Status.Projects)
	}, patience, "the number of Projects")

	// A Project of the same name starts afresh.
	createProject(t, newProject("del", "del-a"))
	waitProject(t, "del-a", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitAccess(t, "del", "del-a", "del-b")
}

func TestATenantGoesRightAfterItsLastProject(t *testing.T) {
	t.Parallel()
	start(t, "last", "last-a")
	deleteProject(t, "last-a")
	waitProjectGone(t, "last-a")
	deleteTenant(t, "last") // While the Project's namespace is still terminating.
	waitTenantGone(t, "last")
	waitNamespaceGone(t, "last")
	waitNamespaceGone(t, "last-a")
	assert.Empty(t, generated(t, t, "last"))
}

func TestAProjectWhoseNamespaceIsDeletedGoesToo(t *testing.T) {
	t.Parallel()
	start(t, "nsfirst", "nsfirst-a")
	require.NoError(t, host.CoreV1().Namespaces().Delete(t.Context(), "nsfirst-a", metav1.DeleteOptions{}))
	waitProjectGone(t, "nsfirst-a")
	waitNamespaceGone(t, "nsfirst-a")
	waitAccess(t, "nsfirst")
	deleteTenant(t, "nsfirst")
	waitTenantGone(t, "nsfirst")
	waitNamespaceGone(t, "nsfirst")
}

func TestATenantsNamespaceComesBackWhileTheTenantLives(t *testing.T) {
	t.Parallel()
	start(t, "phoenix", "phoenix-a")
	before := getNamespace(t, "phoenix")
	require.NoError(t, host.CoreV1().Namespaces().Delete(t.Context(), "phoenix", metav1.DeleteOptions{}))
	eventually(t, func(c *assert.CollectT) {
		now, err := host.CoreV1().Namespaces().Get(t.Context(), "phoenix", metav1.GetOptions{})
		require.NoError(c, err)
		assert.NotEqual(c, before.UID, now.UID)
	}, patienceToGo, "another namespace")
	waitTenant(t, "phoenix", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitAccess(t, "phoenix", "phoenix-a")
	assert.Len(t, writtenInto(t, "phoenix"), 5, "the rules are there again too")
}

func TestAProjectInAProjectsWayOutIsNotResurrected(t *testing.T) {
	t.Parallel()
	start(t, "foreign", "foreign-a")
	// Someone else holds the Project back: our part is done all the same, and stays done.
	err := patchJSON(t, "foreign-a", `[{"op":"add","path":"/metadata/finalizers/-","value":"example.com/held"}]`)
	require.NoError(t, err)
	deleteProject(t, "foreign-a")
	eventually(t, func(c *assert.CollectT) {
		project, err := tenancy.SpectrocloudV1alpha1().Projects("foreign-a").Get(t.Context(), "foreign-a", metav1.GetOptions{})
		require.NoError(c, err)
		assert.Equal(c, []string{"example.com/held"}, project.Finalizers)
	}, patience, "our finalizer is off")
	waitAccess(t, "foreign")
	require.NoError(t, patchJSON(t, "foreign-a", `[{"op":"remove","path":"/metadata/finalizers/0"}]`))
	waitProjectGone(t, "foreign-a")
	waitNamespaceGone(t, "foreign-a")
}

func patchJSON(t *testing.T, project, data string) error {
	_, err := tenancy.SpectrocloudV1alpha1().Projects(project).Patch(t.Context(), project, types.JSONPatchType, []byte(data), metav1.PatchOptions{})
	return err
}

func TestABindingHeldByAFinalizerHoldsTheProject(t *testing.T) {
	t.Parallel()
	start(t, "held", "held-a")
	bindings := host.RbacV1().RoleBindings(systemNamespace)
	require.NoError(t, patch(t, bindings.Patch, "prj-held-a-system-viewer", `{"metadata":{"finalizers":["example.com/held"]}}`))
	deleteProject(t, "held-a")
	waitProject(t, "held-a", v1alpha1.ConditionAccessReady, metav1.ConditionFalse, "Revoking")
	assert.Nil(t, getNamespace(t, "held-a").DeletionTimestamp, "access goes first")
	require.NoError(t, patch(t, bindings.Patch, "prj-held-a-system-viewer", `{"metadata":{"finalizers":null}}`))
	waitProjectGone(t, "held-a")
}
