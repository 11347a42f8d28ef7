// SPDX-License-Identifier: Apache-2.0

package visibility

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestNothingSurvivesItsNamespaceForBeingUnseen: who deletes a namespace may see nothing of what is in it. It is emptied by
// kube-controller-manager, which sees all.
func TestNothingSurvivesItsNamespaceForBeingUnseen(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	group := framework.Name("sweepers")
	cluster.MustKubectl(t, "", "create", "clusterrole", group, "--verb=delete", "--resource=namespaces")
	cluster.MustKubectl(t, "", "create", "clusterrolebinding", group, "--clusterrole="+group, "--group="+group)
	sweeper := person(t, group)
	assert.Empty(t, projects(t, sweeper, metav1.ListOptions{}))
	framework.Eventually(t, "the sweeper's right", func(ctx context.Context) error {
		return sweeper.Host.CoreV1().Namespaces().Delete(ctx, p.projects[0], metav1.DeleteOptions{})
	})
	framework.EventuallyWithin(t, 2*framework.Patience, "the namespace and the Project to go", func(ctx context.Context) error {
		_, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, p.projects[0], metav1.GetOptions{})
		_, of := cluster.Admin.Projects(p.projects[0]).Get(ctx, p.projects[0], metav1.GetOptions{})
		if !apierrors.IsNotFound(err) || !apierrors.IsNotFound(of) {
			return errors.New("there is one")
		}
		return nil
	})
}

// TestTheGarbageCollectorSeesOwners, or it would delete what they own.
func TestTheGarbageCollectorSeesOwners(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	project, err := cluster.Admin.Projects(p.projects[0]).Get(t.Context(), p.projects[0], metav1.GetOptions{})
	require.NoError(t, err)
	tenant, err := cluster.Admin.Tenants().Get(t.Context(), p.tenant, metav1.GetOptions{})
	require.NoError(t, err)
	configMaps := cluster.Admin.Host.CoreV1().ConfigMaps(p.projects[0])
	own := func(name, kind, owner string, uid types.UID) {
		owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
		owned.OwnerReferences = []metav1.OwnerReference{{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: kind, Name: owner, UID: uid}}
		_, err := configMaps.Create(t.Context(), owned, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	own("of-the-project", "Project", project.Name, project.UID)
	own("of-the-tenant", "Tenant", tenant.Name, tenant.UID)
	own("of-nobody", "Project", "missing", "00000000-0000-0000-0000-000000000000")
	own("of-no-tenant", "Tenant", "missing", "00000000-0000-0000-0000-000000000001")
	framework.EventuallyWithin(t, 2*framework.Patience, "the garbage collector", func(ctx context.Context) error {
		_, err := configMaps.Get(ctx, "of-nobody", metav1.GetOptions{})
		_, of := configMaps.Get(ctx, "of-no-tenant", metav1.GetOptions{})
		if !apierrors.IsNotFound(err) || !apierrors.IsNotFound(of) {
			return errors.New("what nobody owns is still there")
		}
		return nil
	})
	for _, name := range []string{"of-the-project", "of-the-tenant"} {
		_, err := configMaps.Get(t.Context(), name, metav1.GetOptions{})
		assert.NoError(t, err, name)
	}
}
