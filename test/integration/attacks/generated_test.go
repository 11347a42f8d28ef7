// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatIsGeneratedIsNotTheirsToWrite lets everybody in a Tenant take labels, owners and finalizers off what was
// generated, put others on, change it and delete it.
func TestWhatIsGeneratedIsNotTheirsToWrite(t *testing.T) {
	p := newParty(t)
	people := members(t, p)
	role, namespace := schema.GroupVersionResource{Group: rbacv1.GroupName, Version: "v1", Resource: "roles"}, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	patches := []string{
		`{"metadata": {"labels": null, "annotations": null, "finalizers": null}}`,
		`{"metadata": {"finalizers": ["example.com/mine"]}}`,
		`{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": "1"}]}}`,
		`{"metadata": {"labels": {"spectrocloud.com/adopt": "project.mine", "pod-security.kubernetes.io/enforce": "privileged"}}}`,
		`{"rules": [], "subjects": [], "spec": {"finalizers": []}}`,
	}
	nothingChanges(t, func() {
		for _, person := range people {
			for _, object := range []struct {
				resource        schema.GroupVersionResource
				namespace, name string
			}{
				{role, p.project, "prj-" + p.project + "-admin"}, {role, p.project, "prj-" + p.project + "-tnt-adm"}, {role, p.tenant, p.tenant + "-tenant-viewer"},
				{role, "palette-system", "prj-" + p.project + "-system-admin"},
				{role.GroupVersion().WithResource("rolebindings"), p.project, "prj-" + p.project + "-admin"},
				{role.GroupVersion().WithResource("clusterroles"), "", "tenant-" + p.tenant + "-create"},
				{role.GroupVersion().WithResource("clusterrolebindings"), "", "tenant-" + p.tenant + "-create"},
				{namespace, "", p.project}, {namespace, "", p.tenant}, {namespace, "", "palette-system"},
			} {
				client := person.Dynamic.Resource(object.resource)
				for _, patch := range patches {
					_, err := client.Namespace(object.namespace).Patch(t.Context(), object.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
					framework.Refused(t, err, 403, "cannot patch resource")
				}
				err := client.Namespace(object.namespace).Delete(t.Context(), object.name, metav1.DeleteOptions{})
				framework.Refused(t, err, 403, "cannot delete resource")
			}
			finalized := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.project}}
			_, err := person.Host.CoreV1().Namespaces().Finalize(t.Context(), finalized, metav1.UpdateOptions{})
			framework.Refused(t, err, 403, `cannot update resource "namespaces/finalize"`)
		}
	})
}

// TestAMarkThatIsMovedMovesNoRight changes the marks on namespaces as one who may write those: labels that name another
// Tenant, the UID of another Project, none at all.
func TestAMarkThatIsMovedMovesNoRight(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	people := members(t, mine)
	own, err := cluster.Admin.Projects(mine.project).Get(t.Context(), mine.project, metav1.GetOptions{})
	require.NoError(t, err)
	mark := func(annotation, tenant, project string) {
		_, err := cluster.Admin.Host.CoreV1().Namespaces().Patch(t.Context(), theirs.project, types.MergePatchType, fmt.Appendf(nil,
			`{"metadata": {"annotations": {%q: %s}, "labels": {%q: %q, %q: %q}}}`,
			v1alpha1.AnnotationOwnerUID, annotation, v1alpha1.LabelTenant, tenant, v1alpha1.LabelProject, project), metav1.PatchOptions{})
		require.NoError(t, err)
	}
	live, err := cluster.Admin.Projects(theirs.project).Get(t.Context(), theirs.project, metav1.GetOptions{})
	require.NoError(t, err)
	nothingChanges(t, func() {
		mark(quoted(t, string(live.UID)), mine.tenant, mine.project)
		framework.Eventually(t, "the labels", func(ctx context.Context) error {
			namespace, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, theirs.project, metav1.GetOptions{})
			if err == nil && (namespace.Labels[v1alpha1.LabelTenant] != theirs.tenant || namespace.Labels[v1alpha1.LabelProject] != theirs.project) {
				err = errors.New("they are moved")
			}
			return err
		})
		for _, annotation := range []string{quoted(t, string(own.UID)), `""`, `null`} {
			mark(annotation, mine.tenant, mine.project)
			waitNotReady(t, theirs.project)
			looksAgain(t, mine.project)
			for _, person := range people {
				_, err := person.Host.CoreV1().Secrets(theirs.project).List(t.Context(), metav1.ListOptions{})
				framework.Refused(t, err, 403, "cannot list resource")
			}
			_, err := mine.admin.Projects(theirs.project).Create(t.Context(), framework.Project(theirs.project, mine.tenant), metav1.CreateOptions{})
			framework.Refused(t, err, 409, "already exists")
		}
		mark(quoted(t, string(live.UID)), theirs.tenant, theirs.project) // Put right by the same hand.
		cluster.ProjectReady(t, theirs.project)
	})
}

func waitNotReady(t *testing.T, project string) {
	t.Helper()
	framework.Eventually(t, "Project "+project+" to miss its namespace", func(ctx context.Context) error {
		object, err := cluster.Admin.Projects(project).Get(ctx, project, metav1.GetOptions{})
		if err == nil && framework.Ready(object, object.Status.Conditions) == nil {
			err = errors.New("it is ready")
		}
		return err
	})
}

// TestOwnersTakeNothingOfOthersWithThem is about the garbage collector, which may delete anything, and goes by
// ownerReferences that anybody writes: to what is not there, or not to be seen, or another's.
func TestOwnersTakeNothingOfOthersWithThem(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	project, err := mine.admin.Projects(mine.project).Get(t.Context(), mine.project, metav1.GetOptions{})
	require.NoError(t, err)
	binding, err := cluster.Admin.Host.RbacV1().RoleBindings(mine.project).Get(t.Context(), "prj-"+mine.project+"-tnt-adm", metav1.GetOptions{})
	require.NoError(t, err)
	victim, err := cluster.Admin.Host.CoreV1().Namespaces().Get(t.Context(), theirs.project, metav1.GetOptions{})
	require.NoError(t, err)
	owned := func(name string, owner metav1.OwnerReference, finalizers ...string) {
		owner.BlockOwnerDeletion, owner.Controller = new(true), new(true)
		_, err := mine.admin.Host.CoreV1().ConfigMaps(mine.project).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: name, OwnerReferences: []metav1.OwnerReference{owner}, Finalizers: finalizers}}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	nothingOldChanges(t, func() {
		// What a Project owns stays while the Project is there, though only its members see it.
		owned("of-project", metav1.OwnerReference{APIVersion: "spectrocloud.com/v1alpha1", Kind: "Project", Name: project.Name, UID: project.UID})
		owned("of-another", metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: victim.Name, UID: "1"})
		owned("of-binding", metav1.OwnerReference{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBinding", Name: binding.Name, UID: binding.UID}, "example.com/hold")
		framework.Eventually(t, "the garbage collector", func(ctx context.Context) error {
			_, err := mine.admin.Host.CoreV1().ConfigMaps(mine.project).Get(ctx, "of-another", metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return nil // It has looked at what came before, too.
			}
			return errors.Join(errors.New("of-another is still there"), err)
		})
		_, err = mine.admin.Host.CoreV1().ConfigMaps(mine.project).Get(t.Context(), "of-project", metav1.GetOptions{})
		require.NoError(t, err)
	})

	// What is held by a binding does not hold the binding: rights can be taken back.
	_, err = cluster.Admin.Tenants().Patch(t.Context(), mine.tenant, types.MergePatchType, []byte(`{"spec": {"tenantRoleMapping": {"groups": null}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "the end of the binding", func(ctx context.Context) error {
		_, err := cluster.Admin.Host.RbacV1().RoleBindings(mine.project).Get(ctx, binding.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("it is still there"), err)
	})
	_, err = mine.admin.Host.CoreV1().ConfigMaps(mine.project).List(t.Context(), metav1.ListOptions{})
	framework.Refused(t, err, 403, "cannot list resource")
}

// TestOurLabelsOnOtherObjectsMeanNothing puts them on all that members of a Project may write.
func TestOurLabelsOnOtherObjectsMeanNothing(t *testing.T) {
	mine, theirs := newParty(t), newParty(t)
	core := mine.admin.Host.CoreV1()
	made := metav1.ObjectMeta{Name: "labelled", Labels: access.ProjectLabels(theirs.tenant, theirs.project),
		Annotations: map[string]string{v1alpha1.AnnotationOwnerUID: "1", v1alpha1.AnnotationAdopted: "true"}}
	nothingOldChanges(t, func() {
		_, err := core.ConfigMaps(mine.project).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: made}, metav1.CreateOptions{})
		require.NoError(t, err)
		_, err = core.Secrets(mine.project).Create(t.Context(), &corev1.Secret{ObjectMeta: made}, metav1.CreateOptions{})
		require.NoError(t, err)
		_, err = core.ServiceAccounts(mine.project).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: made}, metav1.CreateOptions{})
		require.NoError(t, err)
		_, err = mine.admin.Projects(mine.project).Patch(t.Context(), mine.project, types.MergePatchType,
			fmt.Appendf(nil, `{"metadata": {"labels": {%q: %q, %q: %q}}}`, v1alpha1.LabelTenant, theirs.tenant, v1alpha1.LabelProject, theirs.project), metav1.PatchOptions{})
		require.NoError(t, err)
		looksAgain(t, theirs.project)
		looksAgain(t, mine.project)
		waitAllowed(t, mine.admin, "patch", mine.project)
		assert.NoError(t, mine.admin.Host.CoreV1().ConfigMaps(mine.project).Delete(t.Context(), "labelled", metav1.DeleteOptions{}), "it is theirs to delete")
		_, err = mine.admin.Projects(mine.project).Patch(t.Context(), mine.project, types.MergePatchType, []byte(`{"metadata": {"labels": null}}`), metav1.PatchOptions{})
		require.NoError(t, err)
	})
}
