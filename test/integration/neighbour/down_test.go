// SPDX-License-Identifier: Apache-2.0

package neighbour

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/test/integration/framework"
)

var ourVersions = []schema.GroupVersion{{Group: "spectrocloud.com", Version: "v1alpha1"}, {Group: "spectrocloud.com", Version: "v1beta1"}}

// What docs/operating.md says in "When it is down".
func TestTheRestOfTheClusterGoesOnWhileTheServerIsDown(t *testing.T) {
	useCluster(t)
	host := cluster.Admin.Host.CoreV1()
	tenant, project := framework.Name("down"), framework.Name("down-project")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant, "crew"), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Projects(project).Create(t.Context(), framework.Project(project, tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, project)
	takeDown(t)

	step := func(promise string, kept func(*testing.T)) {
		if !t.Run(promise, kept) {
			t.FailNow() // Each step needs those before.
		}
	}
	step("requests for it are told that it is away, not that there is nothing", func(t *testing.T) {
		_, err := cluster.Admin.Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
		assert.True(t, apierrors.IsServiceUnavailable(err), "%v", err)
	})
	step("discovery answers for all other groups", func(t *testing.T) {
		_, resources, err := cluster.Admin.Host.Discovery().ServerGroupsAndResources()
		var failed *discovery.ErrGroupDiscoveryFailed
		require.ErrorAs(t, err, &failed)
		assert.ElementsMatch(t, ourVersions, slices.Collect(maps.Keys(failed.Groups)))
		assert.Greater(t, len(resources), 15)
	})
	step("kubectl works on other kinds", func(t *testing.T) {
		cluster.MustKubectl(t, "", "create", "configmap", "other", "--namespace=default")
		cluster.MustKubectl(t, "", "label", "configmap/other", "--namespace=default", "a=b")
		cluster.MustKubectl(t, "", "delete", "configmap/other", "--namespace=default")
	})
	step("Pods start", func(t *testing.T) {
		_, err := host.Pods("default").Create(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyNever, TerminationGracePeriodSeconds: ptr.To[int64](0),
			Containers: []corev1.Container{{Name: "etcd", Image: "none", Command: []string{"etcd", "--version"}}}}}, metav1.CreateOptions{})
		require.NoError(t, err)
		framework.Eventually(t, "the Pod to have run", func(ctx context.Context) error {
			pod, err := host.Pods("default").Get(ctx, "other", metav1.GetOptions{})
			if err == nil && pod.Status.Phase != corev1.PodSucceeded {
				err = errors.New(string(pod.Status.Phase))
			}
			return err
		})
	})
	step("the garbage collector collects built-in kinds", collects)

	waiting := []string{"unrelated", project}
	step("every namespace that is deleted is emptied, but stays and says why", func(t *testing.T) {
		_, err := host.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "unrelated"}}, metav1.CreateOptions{})
		require.NoError(t, err)
		_, err = host.ConfigMaps("unrelated").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{})
		require.NoError(t, err)
		deleteNamespaces(t, waiting...)
		_, err = host.ConfigMaps("unrelated").Get(t.Context(), "kept", metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err), "%v", err)
	})
	step("they go when it is back, with the Project", func(t *testing.T) {
		began := time.Now()
		bringBack(t)
		t.Logf("available again after %s", time.Since(began).Round(time.Millisecond))
		requireGone(t, began, waiting...)
		_, err := cluster.Admin.Projects(project).Get(t.Context(), project, metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err), "%v", err)
	})
	step("without its APIServices namespaces go, if it never comes back", func(t *testing.T) {
		takeDown(t)
		_, err := host.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "freed"}}, metav1.CreateOptions{})
		require.NoError(t, err)
		deleteNamespaces(t, "freed")
		began := time.Now()
		cluster.MustKubectl(t, "", "delete", "apiservice", "v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com")
		requireGone(t, began, "freed")
	})
	step("an upgrade brings them back", func(t *testing.T) {
		root, err := framework.ModuleRoot()
		require.NoError(t, err)
		said, err := cluster.Helm(t.Context(), "upgrade", "tenancy", root+"/artifacts/chart", "--namespace", namespace, "--reuse-values", "--force-conflicts", "--wait", "--timeout=2m")
		require.NoError(t, err, said)
		bringBack(t)
		_, err = cluster.Admin.Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
		assert.NoError(t, err)
	})
}

// collects checks that what belongs to an object that is deleted goes, too.
func collects(t *testing.T) {
	configMaps := cluster.Admin.Host.CoreV1().ConfigMaps("default")
	owner, err := configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = configMaps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "dependent", OwnerReferences: []metav1.OwnerReference{
		{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, configMaps.Delete(t.Context(), owner.Name, metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}))
	framework.Eventually(t, "the dependent to go", func(ctx context.Context) error {
		_, err := configMaps.Get(ctx, "dependent", metav1.GetOptions{})
		return gone("ConfigMap dependent", err)
	})
}

// gone is an error unless err says that there is no such thing.
func gone(what string, err error) error {
	switch {
	case err == nil:
		return errors.New(what + " is there")
	case apierrors.IsNotFound(err):
		return nil
	}
	return err
}

// scale sets how many API servers there are to be.
func scale(t *testing.T, replicas int) {
	t.Helper()
	_, err := cluster.Admin.Host.AppsV1().Deployments(namespace).Patch(t.Context(), "tenancy-apiserver", types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas), metav1.PatchOptions{})
	require.NoError(t, err)
}

// takeDown ends every API server at once, and returns when the cluster knows.
func takeDown(t *testing.T) {
	t.Helper()
	scale(t, 0)
	require.NoError(t, cluster.Admin.Host.CoreV1().Pods(namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)},
		metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=apiserver"}))
	for _, version := range ourVersions {
		cluster.MustKubectl(t, "", "wait", "--for=condition=Available=false", "apiservice/"+version.Version+"."+version.Group, "--timeout=45s")
	}
}

// bringBack starts an API server, and returns when it is available.
func bringBack(t *testing.T) {
	t.Helper()
	scale(t, 1)
	for _, version := range ourVersions {
		cluster.MustKubectl(t, "", "wait", "--for=condition=Available", "apiservice/"+version.Version+"."+version.Group, "--timeout=45s")
	}
}

// deleteNamespaces deletes namespaces, and returns when they say that they can't go, since discovery fails.
func deleteNamespaces(t *testing.T, names ...string) {
	t.Helper()
	namespaces := cluster.Admin.Host.CoreV1().Namespaces()
	for _, name := range names {
		require.NoError(t, namespaces.Delete(t.Context(), name, metav1.DeleteOptions{}))
	}
	for _, name := range names {
		framework.Eventually(t, name+" to say what keeps it", func(ctx context.Context) error {
			namespace, err := namespaces.Get(ctx, name, metav1.GetOptions{})
			require.NoError(t, err, "it is to stay")
			for _, condition := range namespace.Status.Conditions {
				if condition.Type == corev1.NamespaceDeletionDiscoveryFailure && condition.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("%v", namespace.Status.Conditions)
		})
	}
}

// requireGone waits until the namespaces are.
func requireGone(t *testing.T, began time.Time, names ...string) {
	t.Helper()
	for _, name := range names {
		framework.Eventually(t, name+" to go", func(ctx context.Context) error {
			_, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
			return gone("namespace "+name, err)
		})
		t.Logf("namespace %s was gone after %s", name, time.Since(began).Round(time.Millisecond))
	}
}
