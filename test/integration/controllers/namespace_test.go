// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

func createNamespace(t *testing.T, name string, annotations map[string]string) *corev1.Namespace {
	t.Helper()
	namespace, err := host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	return namespace
}

// writtenInto is what the controllers have put into a namespace.
func writtenInto(t *testing.T, namespace string) (names []string) {
	t.Helper()
	options := metav1.ListOptions{LabelSelector: access.LabelManagedBy + "=" + access.ManagedBy}
	roles, err := host.RbacV1().Roles(namespace).List(t.Context(), options)
	require.NoError(t, err)
	for _, role := range roles.Items {
		names = append(names, "Role "+role.Name)
	}
	bindings, err := host.RbacV1().RoleBindings(namespace).List(t.Context(), options)
	require.NoError(t, err)
	for _, binding := range bindings.Items {
		names = append(names, "RoleBinding "+binding.Name)
	}
	configMaps, err := host.CoreV1().ConfigMaps(namespace).List(t.Context(), options)
	require.NoError(t, err)
	for _, configMap := range configMaps.Items {
		names = append(names, "ConfigMap "+configMap.Name)
	}
	return names
}

func label(t *testing.T, namespace, value string) {
	t.Helper()
	require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, namespace, `{"metadata":{"labels":{"spectrocloud.com/adopt":"`+value+`"}}}`))
}

func TestANamespaceThatExistedIsNotTakenWithoutBeingHandedOver(t *testing.T) {
	t.Parallel()
	start(t, "adopter")
	before := createNamespace(t, "existed", nil)
	_, err := host.CoreV1().ConfigMaps("existed").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "theirs"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	project := createProject(t, newProject("adopter", "existed"))

	refused := waitProject(t, "existed", v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, "NamespaceExists")
	assert.Contains(t, refused.Message, "spectrocloud.com/adopt=project.existed")
	waitProject(t, "existed", v1alpha1.ConditionReady, metav1.ConditionFalse, "NamespaceExists")
	waitEvent(t, "existed", "Project", "existed", "NamespaceExists")

	label(t, "existed", "tenant.existed") // For another kind.
	// The Project's next status shows that this label has been seen: its generation is new.
	patchProject(t, "existed", `{"spec":{"displayName":"looked at again"}}`)
	waitProject(t, "existed", v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, "NamespaceExists")
	after := getNamespace(t, "existed")
	assert.Equal(t, before.Annotations, after.Annotations)
	assert.NotContains(t, after.Labels, v1alpha1.LabelProject)
	assert.Empty(t, writtenInto(t, "existed"))
	system, err := host.RbacV1().RoleBindings(systemNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: access.SelectProject("existed")})
	require.NoError(t, err)
	assert.Empty(t, system.Items, "nothing is granted elsewhere either")

	label(t, "existed", "project.existed")
	waitProject(t, "existed", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitProject(t, "existed", v1alpha1.ConditionNamespaceReady, metav1.ConditionTrue, "NamespaceAdopted")
	waitAccess(t, "adopter", "existed")
	adopted := getNamespace(t, "existed")
	assert.Equal(t, string(project.UID), adopted.Annotations[v1alpha1.AnnotationOwnerUID])
	assert.Equal(t, "true", adopted.Annotations[v1alpha1.AnnotationAdopted])

	// The mark that keeps the namespace alive comes back.
	require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, "existed", `{"metadata":{"annotations":{"spectrocloud.com/adopted":null}}}`))
	eventually(t, func(c *assert.CollectT) {
		assert.Equal(c, "true", getNamespace(t, "existed").Annotations[v1alpha1.AnnotationAdopted])
	}, patience, "the mark of adoption")

	deleteProject(t, "existed")
	waitProjectGone(t, "existed")
	outlived := getNamespace(t, "existed")
	assert.Equal(t, before.UID, outlived.UID)
	assert.Nil(t, outlived.DeletionTimestamp)
	assert.NotContains(t, outlived.Annotations, v1alpha1.AnnotationOwnerUID)
	assert.NotContains(t, outlived.Annotations, v1alpha1.AnnotationAdopted)
	for _, mark := range []string{v1alpha1.LabelTenant, v1alpha1.LabelProject, access.LabelManagedBy} {
		assert.NotContains(t, outlived.Labels, mark)
	}
	assert.Empty(t, writtenInto(t, "existed"))
	_, err = host.CoreV1().ConfigMaps("existed").Get(t.Context(), "theirs", metav1.GetOptions{})
	require.NoError(t, err)
}

func TestAnAdoptedNamespaceOutlivesItsTenantWithoutOurRules(t *testing.T) {
	t.Parallel()
	before := createNamespace(t, "old-org", nil)
	label(t, "old-org", "tenant.old-org")
	start(t, "old-org")
	assert.Len(t, writtenInto(t, "old-org"), 5, "a Role, a RoleBinding and three ConfigMaps")

	deleteTenant(t, "old-org")
	waitTenantGone(t, "old-org")
	outlived := getNamespace(t, "old-org")
	assert.Equal(t, before.UID, outlived.UID)
	assert.Nil(t, outlived.DeletionTimestamp)
	assert.NotContains(t, outlived.Annotations, v1alpha1.AnnotationOwnerUID)
	assert.Empty(t, writtenInto(t, "old-org"))
	assert.Empty(t, generated(t, t, "old-org"))
}

func TestANamespaceMarkedForAnotherIsNeverTaken(t *testing.T) {
	t.Parallel()
	start(t, "taker")
	createNamespace(t, "taken", map[string]string{v1alpha1.AnnotationOwnerUID: "00000000-0000-0000-0000-000000000000"})
	label(t, "taken", "project.taken")
	createProject(t, newProject("taker", "taken"))
	waitProject(t, "taken", v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, "NamespaceTaken")
	waitEvent(t, "default", "Namespace", "taken", "NamespaceOrphaned")
	assert.Empty(t, writtenInto(t, "taken"))

	deleteProject(t, "taken")
	waitProjectGone(t, "taken")
	left := getNamespace(t, "taken")
	assert.Nil(t, left.DeletionTimestamp)
	assert.Equal(t, "00000000-0000-0000-0000-000000000000", left.Annotations[v1alpha1.AnnotationOwnerUID])
}

func TestANamespaceWithoutItsOwnerIsReportedAndStays(t *testing.T) {
	t.Parallel()
	createNamespace(t, "lost", map[string]string{v1alpha1.AnnotationOwnerUID: "11111111-1111-1111-1111-111111111111"})
	require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, "lost", `{"metadata":{"labels":{"app.kubernetes.io/managed-by":"tenancy","spectrocloud.com/tenant":"gone","spectrocloud.com/project":"lost"}}}`))
	waitEvent(t, "default", "Namespace", "lost", "NamespaceOrphaned")
	assert.Nil(t, getNamespace(t, "lost").DeletionTimestamp)
}

// TestRulesInANamespaceThatIsNotTheTenantsDoNotCount: whoever has a namespace must not become able to say what the groups of
// a Tenant of the same name may do.
func TestRulesInANamespaceThatIsNotTheTenantsDoNotCount(t *testing.T) {
	t.Parallel()
	createNamespace(t, "squatted", nil)
	_, err := host.CoreV1().ConfigMaps("squatted").Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "project-rbac-viewer", Labels: access.TenantLabels("squatted")},
		Data:       map[string]string{access.RulesKey: `[{apiGroups: [""], resources: [secrets], verbs: [get, list]}]`},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	createTenant(t, newTenant("squatted", "squatted-managers"))
	waitTenant(t, "squatted", v1alpha1.ConditionReady, metav1.ConditionFalse, "NamespaceExists")
	createProject(t, newProject("squatted", "squatted-a"))
	waitProject(t, "squatted-a", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")

	viewer, err := host.RbacV1().Roles("squatted-a").Get(t.Context(), "prj-squatted-a-viewer", metav1.GetOptions{})
	require.NoError(t, err)
	want, err := access.ParseRules(access.Viewer.DefaultRules())
	require.NoError(t, err)
	assert.Equal(t, want, viewer.Rules)
	assert.Empty(t, generated(t, t, "squatted")["ClusterRole tenant-squatted-create"], "the Tenant itself is granted nothing")
}

func TestProtectedNamespacesAreOutOfReach(t *testing.T) {
	t.Parallel()
	start(t, "reacher")
	for _, name := range []string{"kube-system", "kube-new", "default", systemNamespace} {
		_, err := tenancy.SpectrocloudV1alpha1().Projects(name).Create(t.Context(), newProject("reacher", name), metav1.CreateOptions{})
		assert.True(t, apierrors.IsInvalid(err) || apierrors.IsForbidden(err), "%s: %v", name, err)
		_, err = tenancy.SpectrocloudV1alpha1().Tenants().Create(t.Context(), newTenant(name, "g"), metav1.CreateOptions{})
		assert.True(t, apierrors.IsInvalid(err) || apierrors.IsForbidden(err), "%s: %v", name, err)
	}
}
