// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	apply "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestAProjectUnderAnotherTenantIsRefusedAndTellsNothing compares the answers for a Tenant that is there and one that
// is not: who has no right must not learn which Tenants exist.
func TestAProjectUnderAnotherTenantIsRefusedAndTellsNothing(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	missing := framework.Name("missing")
	name := framework.Name("trespass")
	for what, options := range map[string]metav1.CreateOptions{"create": {}, "dry run": {DryRun: []string{"All"}}} {
		t.Run(what, func(t *testing.T) {
			nothingChanges(t, func() {
				answer := func(tenant string, namespace string) metav1.Status {
					_, err := mine.admin.Projects(namespace).Create(t.Context(), framework.Project(namespace, tenant), options)
					framework.Refused(t, err, 403, "may not create Projects under Tenant", `the verb "manage" on tenants.spectrocloud.com`)
					var status apierrors.APIStatus
					require.True(t, errors.As(err, &status), "%v", err)
					anonymous := status.Status()
					anonymous.Message = strings.ReplaceAll(anonymous.Message, tenant, "TENANT")
					return anonymous
				}
				assert.Equal(t, answer(missing, name), answer(theirs.tenant, name))
				// Nor may it tell which namespaces are taken.
				assert.Equal(t, answer(missing, theirs.project), answer(theirs.tenant, theirs.project))
				assert.Equal(t, answer(missing, mine.project), answer(theirs.tenant, mine.project))
			})
		})
	}
}

func TestAProjectIsNotMoved(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	// Not even by someone who manages both Tenants.
	both := cluster.Person(t, framework.Name("double-agent"), mine.group, theirs.group)
	projects := both.Projects(mine.project)
	nothingChanges(t, func() {
		project, err := projects.Get(t.Context(), mine.project, metav1.GetOptions{})
		require.NoError(t, err)
		project.Spec.TenantRef.Name = theirs.tenant
		_, err = projects.Update(t.Context(), project, metav1.UpdateOptions{})
		framework.Refused(t, err, 422, "spec.tenantRef.name", "immutable")

		for kind, patch := range map[types.PatchType]string{
			types.MergePatchType: `{"spec": {"tenantRef": {"name": "` + theirs.tenant + `"}}}`,
			types.JSONPatchType:  `[{"op": "replace", "path": "/spec/tenantRef/name", "value": "` + theirs.tenant + `"}]`,
		} {
			_, err = projects.Patch(t.Context(), mine.project, kind, []byte(patch), metav1.PatchOptions{})
			framework.Refused(t, err, 422, "spec.tenantRef.name", "immutable")
		}
		_, err = projects.Apply(t.Context(), apply.Project(mine.project, mine.project).WithSpec(
			apply.ProjectSpec().WithTenantRef(apply.TenantReference().WithName(theirs.tenant))), applying)
		framework.Refused(t, err, 422, "spec.tenantRef.name", "immutable")
		_, err = projects.Patch(t.Context(), mine.project, types.MergePatchType, []byte(`{"spec": {"tenantRef": null}}`), metav1.PatchOptions{})
		framework.Refused(t, err, 422, "spec.tenantRef.name")
		_, err = projects.Patch(t.Context(), mine.project, types.MergePatchType, []byte(`{"metadata": {"namespace": "`+theirs.project+`"}}`), metav1.PatchOptions{})
		framework.Refused(t, err, 400, "namespace")
	})
}

func TestOtherPeoplesTenantsAndProjectsAreOutOfReach(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	nothingChanges(t, func() {
		_, err := mine.admin.Projects(theirs.project).Get(t.Context(), theirs.project, metav1.GetOptions{})
		framework.Refused(t, err, 404, "not found")
		err = mine.admin.Projects(theirs.project).Delete(t.Context(), theirs.project, metav1.DeleteOptions{})
		framework.Refused(t, err, 403, "cannot delete resource")
		_, err = mine.admin.Projects(theirs.project).Patch(t.Context(), theirs.project, types.MergePatchType,
			[]byte(`{"spec": {"roleMapping": {"admin": ["`+mine.group+`"]}}}`), metav1.PatchOptions{})
		framework.Refused(t, err, 403, "cannot patch resource")
		_, err = mine.admin.Tenants().Patch(t.Context(), theirs.tenant, types.MergePatchType,
			[]byte(`{"spec": {"tenantRoleMapping": {"groups": ["`+mine.group+`"]}}}`), metav1.PatchOptions{})
		framework.Refused(t, err, 403, "cannot patch resource")
		// Their own Tenant isn't theirs to change either: it holds the quotas they are bound by.
		_, err = mine.admin.Tenants().Patch(t.Context(), mine.tenant, types.MergePatchType,
			[]byte(`{"spec": {"gpuResources": {"limits": {"Default": 1000}}}}`), metav1.PatchOptions{})
		framework.Refused(t, err, 403, "cannot patch resource")
		err = mine.admin.Projects(mine.project).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
		framework.Refused(t, err, 403, "cannot deletecollection resource")
	})
}

// TestCreatingTakesMoreThanRBACsCreate is about people who may create Projects as far as RBAC goes, which the members of
// every Tenant's groups may in all namespaces.
func TestCreatingTakesMoreThanRBACsCreate(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	outsider, manager, other := framework.Name("outsider"), framework.Name("manager"), framework.Name("other")
	rule := func(resource, name string, verbs ...string) rbacv1.PolicyRule {
		rule := rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{resource}, Verbs: verbs}
		if name != "" {
			rule.ResourceNames = []string{name}
		}
		return rule
	}
	grant(t, outsider, rule("projects", "", "create"))
	grant(t, manager, rule("projects", "", "create"), rule("tenants", theirs.tenant, "manage"))
	grant(t, other, rule("projects", "", "create"), rule("tenants", mine.tenant, "manage"), rule("tenants", "", "get", "list", "update"))
	create := func(group string) error {
		person := cluster.Person(t, group+"-member", group)
		waitAllowed(t, person, "create", "anywhere")
		name := framework.Name("by-" + group)
		_, err := person.Projects(name).Create(t.Context(), framework.Project(name, theirs.tenant), metav1.CreateOptions{})
		return err
	}
	nothingChanges(t, func() {
		framework.Refused(t, create(outsider), 403, "may not create Projects under Tenant", "spec.tenantRoleMapping.groups")
		framework.Refused(t, create(other), 403, "may not create Projects under Tenant", theirs.tenant)
		name := framework.Name("nobody")
		_, err := cluster.Person(t, name).Projects(name).Create(t.Context(), framework.Project(name, theirs.tenant), metav1.CreateOptions{})
		framework.Refused(t, err, 403, "cannot create resource")
	})
	require.NoError(t, create(manager))
}

// TestAGroupThatIsTakenOutCreatesNothingMore does not wait for the controllers, whose roles follow.
func TestAGroupThatIsTakenOutCreatesNothingMore(t *testing.T) {
	p := newParty(t)
	_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec": {"tenantRoleMapping": {"groups": ["successors"]}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	name := framework.Name("late")
	_, err = p.admin.Projects(name).Create(t.Context(), framework.Project(name, p.tenant), metav1.CreateOptions{})
	framework.Refused(t, err, 403)
	_, err = cluster.Admin.Projects(name).Get(t.Context(), name, metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
}

// grant lets the group do something everywhere in the cluster.
func grant(t *testing.T, group string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	rbac := cluster.Admin.Host.RbacV1()
	_, err := rbac.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: group}, Rules: rules}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = rbac.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: group},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: group},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: group}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
}
