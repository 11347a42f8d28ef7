// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	apply "spectrocloud.com/tenancy/generated/applyconfiguration/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var applying = metav1.ApplyOptions{FieldManager: "attack", Force: true}

// TestProtectedNamespacesCanNotBeClaimed tries each way to make an object, as a tenant admin and, for those ways that
// RBAC closes to them, as the cluster's administrator: not even they may.
func TestProtectedNamespacesCanNotBeClaimed(t *testing.T) {
	p := newParty(t)
	for namespace, why := range map[string]string{
		"default":         "the cluster's default namespace",
		"kube-system":     "reserved for the Kubernetes system",
		"kube-public":     "reserved for the Kubernetes system",
		"kube-node-lease": "reserved for the Kubernetes system",
		"kube-not-there":  "reserved for the Kubernetes system",
		"palette-system":  "the system namespace of this installation",
	} {
		t.Run(namespace, func(t *testing.T) {
			nothingChanges(t, func() {
				project := framework.Project(namespace, p.tenant)
				_, err := p.admin.Projects(namespace).Create(t.Context(), project, metav1.CreateOptions{})
				framework.Refused(t, err, 422, "metadata.namespace", `namespace "`+namespace+`" can't be claimed`, why, "choose another name")
				_, err = p.admin.Projects(namespace).Create(t.Context(), project, metav1.CreateOptions{DryRun: []string{"All"}})
				framework.Refused(t, err, 422, "can't be claimed", why)

				applied := apply.Project(namespace, namespace).WithSpec(apply.ProjectSpec().WithTenantRef(apply.TenantReference().WithName(p.tenant)))
				_, err = p.admin.Projects(namespace).Apply(t.Context(), applied, applying)
				framework.Refused(t, err, 403, "cannot patch resource")
				_, err = cluster.Admin.Projects(namespace).Apply(t.Context(), applied, applying)
				framework.Refused(t, err, 422, "metadata.namespace", "can't be claimed", why)

				_, err = p.admin.Tenants().Create(t.Context(), framework.Tenant(namespace, p.group), metav1.CreateOptions{})
				framework.Refused(t, err, 403, "cannot create resource")
				_, err = cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(namespace, p.group), metav1.CreateOptions{})
				framework.Refused(t, err, 422, "metadata.name", "can't be claimed", why)
				_, err = cluster.Admin.Tenants().Apply(t.Context(), apply.Tenant(namespace), applying)
				framework.Refused(t, err, 422, "metadata.name", "can't be claimed", why)

				// The same through kubectl, which an administrator would use without a thought.
				_, stderr, err := cluster.Kubectl(t, manifest(namespace, p.tenant), nil, "apply", "-f", "-")
				require.Error(t, err)
				assert.Contains(t, stderr, why)
			})
		})
	}
}

func manifest(project, tenant string) string {
	return `{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Project", "metadata": {"name": "` + project + `", "namespace": "` + project +
		`"}, "spec": {"tenantRef": {"name": "` + tenant + `"}}}`
}

func TestAGeneratedNameClaimsNoNamespace(t *testing.T) {
	p := newParty(t)
	nothingChanges(t, func() {
		project := framework.Project("", p.tenant)
		project.GenerateName, project.Namespace = "kube-", "kube-system"
		_, err := p.admin.Projects("kube-system").Create(t.Context(), project, metav1.CreateOptions{})
		framework.Refused(t, err, 422, "metadata.name", `must equal the namespace, "kube-system"`, "can't be claimed")

		tenant := framework.Tenant("", p.group)
		tenant.GenerateName = "kube-"
		_, err = cluster.Admin.Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
		framework.Refused(t, err, 422, "metadata.name", "reserved for the Kubernetes system")
	})
}

func TestANamespaceOfSomeoneElseCanNotBeClaimed(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	for _, namespace := range []string{theirs.tenant, theirs.project, mine.tenant} {
		nothingChanges(t, func() {
			_, err := mine.admin.Projects(namespace).Create(t.Context(), framework.Project(namespace, mine.tenant), metav1.CreateOptions{})
			if namespace == theirs.project {
				framework.Refused(t, err, 409, "already exists")
			} else {
				framework.Refused(t, err, 422, "metadata.namespace", `the namespace "`+namespace+`" belongs to Tenant `+namespace)
			}
			// In their namespace, under a name of its own.
			project := framework.Project(framework.Name("intruder"), mine.tenant)
			project.Namespace = namespace
			_, err = mine.admin.Projects(namespace).Create(t.Context(), project, metav1.CreateOptions{})
			framework.Refused(t, err, 422, "metadata.name", `must equal the namespace, "`+namespace+`"`)
		})
	}
	nothingChanges(t, func() {
		_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(theirs.project, mine.group), metav1.CreateOptions{})
		framework.Refused(t, err, 422, "metadata.name", `belongs to Project `+theirs.project)
	})
}

// TestAnExistingNamespaceIsNotAdopted lets a tenant admin claim a namespace that someone works in, with every mark that
// they can set themselves.
func TestAnExistingNamespaceIsNotAdopted(t *testing.T) {
	p := newParty(t)
	name := framework.Name("legacy")
	namespaces := cluster.Admin.Host.CoreV1().Namespaces()
	before, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.CoreV1().Secrets(name).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "treasure"}}, metav1.CreateOptions{})
	require.NoError(t, err)

	project := framework.Project(name, p.tenant)
	project.Labels = map[string]string{v1alpha1.LabelAdopt: "project." + name}
	project.Annotations = map[string]string{v1alpha1.AnnotationAdopted: "true"}
	project.Spec.RoleMapping.Admin = []string{p.group}
	_, err = p.admin.Projects(name).Create(t.Context(), project, metav1.CreateOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "the refusal to adopt", func(ctx context.Context) error {
		current, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		condition := meta.FindStatusCondition(current.Status.Conditions, v1alpha1.ConditionNamespaceReady)
		if condition == nil || condition.Status != metav1.ConditionFalse || condition.Reason != "NamespaceExists" {
			return errors.New("NamespaceReady is not False yet")
		}
		assert.Contains(t, condition.Message, v1alpha1.LabelAdopt+"=project."+name)
		return nil
	})

	label := []byte(`{"metadata": {"labels": {"` + v1alpha1.LabelAdopt + `": "project.` + name + `"}}}`)
	_, err = p.admin.Host.CoreV1().Namespaces().Patch(t.Context(), name, "application/merge-patch+json", label, metav1.PatchOptions{})
	framework.Refused(t, err, 403, "cannot patch resource \"namespaces\"")
	_, err = p.admin.Host.CoreV1().Secrets(name).Get(t.Context(), "treasure", metav1.GetOptions{})
	framework.Refused(t, err, 403, "cannot get resource \"secrets\"")
	assert.False(t, allowed(t.Context(), t, p.admin, authorizationv1.ResourceAttributes{
		Verb: "delete", Group: "spectrocloud.com", Resource: "projects", Namespace: name}))
	requireUntouched(t, before)

	// It goes without what it never had.
	require.NoError(t, cluster.Admin.Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
	framework.Eventually(t, "the Project to be gone", func(ctx context.Context) error {
		_, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(err, errors.New("it is still there"))
	})
	requireUntouched(t, before)
	_, err = cluster.Admin.Host.CoreV1().Secrets(name).Get(t.Context(), "treasure", metav1.GetOptions{})
	require.NoError(t, err)
}

// requireUntouched checks that the namespace is as it was and that nobody was given rights in it.
func requireUntouched(t *testing.T, before *corev1.Namespace) {
	t.Helper()
	after, err := cluster.Admin.Host.CoreV1().Namespaces().Get(t.Context(), before.Name, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, before.UID, after.UID)
	assert.Equal(t, before.Labels, after.Labels)
	assert.Equal(t, before.Annotations, after.Annotations)
	assert.Nil(t, after.DeletionTimestamp)
	roles, err := cluster.Admin.Host.RbacV1().Roles(before.Name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Equal(t, []rbacv1.Role{}, append([]rbacv1.Role{}, roles.Items...))
	bindings, err := cluster.Admin.Host.RbacV1().RoleBindings(before.Name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, bindings.Items)
}
