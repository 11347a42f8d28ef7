// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

const (
	mergePatch = types.MergePatchType

	// tenantField selects the Projects of a Tenant.
	tenantField = "spec.tenantRef.name"
)

func cleanupContext(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }

func restart(t *testing.T) {
	t.Helper()
	require.NoError(t, cluster.Component(localcluster.TenancyControllerManager).Restart(t.Context()))
}

// createMany creates Projects called PREFIX-0, PREFIX-1, ... from several writers, and returns their names.
func createMany(t *testing.T, tenant, prefix string, count int) []string {
	t.Helper()
	names := make([]string, count)
	var group errgroup.Group
	group.SetLimit(16)
	for i := range count {
		names[i] = fmt.Sprintf("%s-%d", prefix, i)
		group.Go(func() error {
			_, err := tenancy.SpectrocloudV1alpha1().Projects(names[i]).Create(t.Context(), newProject(tenant, names[i]), metav1.CreateOptions{})
			return err
		})
	}
	require.NoError(t, group.Wait())
	return names
}

func waitAllReady(t *testing.T, tenant string, count int, within time.Duration) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		list, err := tenancy.SpectrocloudV1alpha1().Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: tenantField + "=" + tenant})
		require.NoError(c, err)
		ready := 0
		for _, project := range list.Items {
			for _, condition := range project.Status.Conditions {
				if condition.Type == v1alpha1.ConditionReady && condition.Status == metav1.ConditionTrue {
					ready++
				}
			}
		}
		assert.Equal(c, count, ready)
	}, within, "every Project Ready")
}

func TestABurstConvergesThoughTheControllersAreKilledInIt(t *testing.T) {
	const count = 200
	start(t, "burst")
	manager := cluster.Component(localcluster.TenancyControllerManager)
	began := time.Now()
	var killing sync.WaitGroup
	killing.Go(func() {
		eventuallySome(t, "burst")
		assert.NoError(t, manager.Kill())
		assert.NoError(t, manager.Restart(t.Context()))
	})
	names := createMany(t, "burst", "burst", count)
	killing.Wait()
	waitAllReady(t, "burst", count, 2*time.Minute)
	t.Logf("%d Projects are Ready %.1fs after the first was created, one kill and a lease of 3s included", count, time.Since(began).Seconds())
	waitAccess(t, "burst", names...)

	// And they go, with a kill in the middle.
	began = time.Now()
	var group errgroup.Group
	group.SetLimit(16)
	for i, name := range names {
		group.Go(func() error {
			if i == count/2 {
				if err := manager.Kill(); err != nil {
					return err
				}
				if err := manager.Restart(t.Context()); err != nil {
					return err
				}
			}
			return tenancy.SpectrocloudV1alpha1().Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{})
		})
	}
	require.NoError(t, group.Wait())
	eventually(t, func(c *assert.CollectT) {
		list, err := tenancy.SpectrocloudV1alpha1().Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: tenantField + "=burst"})
		require.NoError(c, err)
		assert.Empty(c, list.Items)
	}, 2*time.Minute, "every Project gone")
	t.Logf("and gone in %.1fs", time.Since(began).Seconds())
	waitAccess(t, "burst")
	eventually(t, func(c *assert.CollectT) {
		list, err := host.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant + "=burst," + v1alpha1.LabelProject})
		require.NoError(c, err)
		assert.Empty(c, list.Items, "namespaces are left over")
	}, 3*time.Minute, "every namespace gone")
}

// eventuallySome waits until some Projects have been worked on, so that what follows is in the middle of it.
func eventuallySome(t *testing.T, tenant string) {
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		list, err := host.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant + "=" + tenant + "," + v1alpha1.LabelProject})
		require.NoError(c, err)
		assert.Greater(c, len(list.Items), 10)
	}, patience, poll)
}

func TestALookThatFindsNothingToDoWritesNothing(t *testing.T) {
	start(t, "quiet", "quiet-a", "quiet-b")
	waitAccess(t, "quiet", "quiet-a", "quiet-b")
	waitTenant(t, "quiet", "TenantOversubscribed", metav1.ConditionFalse, "WithinLimits")
	for _, project := range []string{"quiet-a", "quiet-b"} {
		waitProject(t, project, "Oversubscribed", metav1.ConditionFalse, "WithinLimits")
	}
	before := versions(t)
	restart(t) // Everything is looked at, from fresh caches.
	// Whoever comes last in the queue is done when all before it are.
	start(t, "quiet-marker", "quiet-marker-a")
	after := versions(t)
	for name, version := range before {
		assert.Equal(t, version, after[name], name)
	}
}

// versions returns the resourceVersion of everything that the controllers write for Tenant quiet, and of the templates.
func versions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	note := func(kind string, object metav1.Object) {
		all[kind+" "+object.GetNamespace()+"/"+object.GetName()] = object.GetResourceVersion()
	}
	options := metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant + "=quiet"}
	namespaces, err := host.CoreV1().Namespaces().List(t.Context(), options)
	require.NoError(t, err)
	for i := range namespaces.Items {
		note("Namespace", &namespaces.Items[i])
	}
	configMaps, err := host.CoreV1().ConfigMaps("").List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=tenancy"})
	require.NoError(t, err)
	for i := range configMaps.Items {
		if namespace := configMaps.Items[i].Namespace; namespace == "quiet" || namespace == systemNamespace {
			note("ConfigMap", &configMaps.Items[i])
		}
	}
	roles, err := host.RbacV1().Roles("").List(t.Context(), options)
	require.NoError(t, err)
	for i := range roles.Items {
		note("Role", &roles.Items[i])
	}
	bindings, err := host.RbacV1().RoleBindings("").List(t.Context(), options)
	require.NoError(t, err)
	for i := range bindings.Items {
		note("RoleBinding", &bindings.Items[i])
	}
	clusterRoles, err := host.RbacV1().ClusterRoles().List(t.Context(), options)
	require.NoError(t, err)
	for i := range clusterRoles.Items {
		note("ClusterRole", &clusterRoles.Items[i])
	}
	clusterBindings, err := host.RbacV1().ClusterRoleBindings().List(t.Context(), options)
	require.NoError(t, err)
	for i := range clusterBindings.Items {
		note("ClusterRoleBinding", &clusterBindings.Items[i])
	}
	tenant, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), "quiet", metav1.GetOptions{})
	require.NoError(t, err)
	note("Tenant", tenant)
	projects, err := tenancy.SpectrocloudV1alpha1().Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: tenantField + "=quiet"})
	require.NoError(t, err)
	for i := range projects.Items {
		note("Project", &projects.Items[i])
	}
	require.Len(t, all, 3+6+2*7+1+2*7+1+1+1+1+2)
	return all
}

func TestWhatHappenedWhileNobodyLedIsMadeUpFor(t *testing.T) {
	start(t, "away", "away-a", "away-b")
	manager := cluster.Component(localcluster.TenancyControllerManager)
	require.NoError(t, manager.Stop())
	t.Cleanup(func() { _ = manager.Restart(cleanupContext(t)) })

	deleteProject(t, "away-a")
	require.NoError(t, host.CoreV1().Namespaces().Delete(t.Context(), "away-b", metav1.DeleteOptions{}))
	createProject(t, newProject("away", "away-c"))
	require.NoError(t, host.RbacV1().ClusterRoles().Delete(t.Context(), "tenant-away-create", metav1.DeleteOptions{}))

	restart(t)
	waitProjectGone(t, "away-a")
	waitProjectGone(t, "away-b")
	waitProject(t, "away-c", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitAccess(t, "away", "away-c")
	waitNamespaceGone(t, "away-a")
	waitNamespaceGone(t, "away-b")
}
