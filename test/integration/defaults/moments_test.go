// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/controllers/defaults"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// newNamespace makes a namespace that plays the system namespace.
func newNamespace(t *testing.T) string {
	t.Helper()
	name := framework.Name("system")
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	return name
}

// crash lets so many requests through. With the next one the program ends.
type crash struct {
	http.RoundTripper
	left *atomic.Int64
	end  context.CancelFunc
}

func (c crash) RoundTrip(request *http.Request) (*http.Response, error) {
	if c.left.Add(-1) < 0 {
		c.end()
		return nil, errors.New("the program has crashed")
	}
	return c.RoundTripper.RoundTrip(request)
}

// run installs the defaults, or as much of them as so many requests take, and tells whether they were enough.
func run(t *testing.T, c *framework.Cluster, namespace string, workspace bool, requests int64) (done bool) {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	left := &atomic.Int64{}
	left.Store(requests)
	config := rest.CopyConfig(c.Config())
	config.QPS = -1
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return crash{next, left, end} })
	host, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	tenancy, err := versioned.NewForConfig(config)
	require.NoError(t, err)
	controller, err := defaults.New(defaults.Config{
		Host: host, Tenancy: tenancy, SystemNamespace: namespace, Workspace: workspace, FieldManager: "test"})
	require.NoError(t, err)
	controller.Run(ctx)
	return ctx.Err() == nil
}

const untilDone = math.MaxInt64

// TestNoCrashLosesADefaultOrBringsADeletedOneBack crashes before every single request that the installation takes, and lets
// people delete half of what is there by then.
func TestNoCrashLosesADefaultOrBringsADeletedOneBack(t *testing.T) {
	t.Parallel()
	const between = 1 + 11 + 1 + 11 + 11 // Requests: read, create, remember, look, release.
	for requests := range int64(between + 1) {
		namespace := newNamespace(t)
		require.Equal(t, requests == between, run(t, cluster, namespace, false, requests), "after %d requests", requests)
		before := in(t, cluster, namespace)
		deleted := map[string]bool{}
		for i, key := range slices.Sorted(maps.Keys(before)) {
			if i%2 == int(requests%2) {
				remove(t, cluster, namespace, key)
				deleted[key] = true
			}
		}
		require.True(t, run(t, cluster, namespace, false, untilDone))
		requireAfter(t, namespace, fmt.Sprintf("after a crash before request %d", requests), before, deleted)
		require.True(t, run(t, cluster, namespace, false, untilDone))
		requireAfter(t, namespace, "after one more start", before, deleted)
	}
}

// requireAfter checks that all defaults are there but those that were deleted, and that those from before are the same.
func requireAfter(t *testing.T, namespace, when string, before map[string]*unstructured.Unstructured, deleted map[string]bool) {
	t.Helper()
	after := in(t, cluster, namespace)
	record, err := remembered(t.Context(), cluster, namespace)
	require.NoError(t, err)
	require.Equal(t, wanted, slices.Sorted(maps.Keys(record)), when)
	for _, key := range wanted {
		require.Equal(t, "created", record[key], "%s %s", key, when)
		if deleted[key] {
			require.NotContains(t, after, key, when)
			continue
		}
		require.Contains(t, after, key, when)
		assertFree(t, key, after[key])
		if had := before[key]; had != nil {
			require.Equal(t, had.GetUID(), after[key].GetUID(), "%s %s", key, when)
		}
	}
}

func TestTwoInstallationsAtOnceCreateEachDefaultOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		namespace := newNamespace(t)
		var running sync.WaitGroup
		for range 2 {
			running.Go(func() { assert.True(t, run(t, cluster, namespace, false, untilDone)) })
		}
		running.Wait()
		before := in(t, cluster, namespace)
		requireAfter(t, namespace, "after both", before, nil)
		remove(t, cluster, namespace, "ScalingPolicy.balanced")
		require.True(t, run(t, cluster, namespace, false, untilDone))
		requireAfter(t, namespace, "after a third", before, map[string]bool{"ScalingPolicy.balanced": true})
	}
}

func TestWhatSomebodyMadeBeforeIsLeftAlone(t *testing.T) {
	t.Parallel()
	namespace := newNamespace(t)
	policies := cluster.Admin.Dynamic.Resource(kinds["ScalingPolicy"]).Namespace(namespace)
	made, err := policies.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spectrocloud.com/v1alpha1", "kind": "ScalingPolicy", "metadata": map[string]any{"name": "balanced"},
		"spec": map[string]any{"displayName": "Mine", "cpu": map[string]any{"scaleUpThreshold": int64(99)}},
	}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.True(t, run(t, cluster, namespace, false, untilDone))
	assert.Equal(t, made, in(t, cluster, namespace)["ScalingPolicy.balanced"])
	record, err := remembered(t.Context(), cluster, namespace)
	require.NoError(t, err)
	assert.Equal(t, "found", record["ScalingPolicy.balanced"])
	assert.Equal(t, "created", record["ScalingPolicy.responsive"])

	remove(t, cluster, namespace, "ScalingPolicy.balanced")
	require.True(t, run(t, cluster, namespace, false, untilDone))
	assert.NotContains(t, in(t, cluster, namespace), "ScalingPolicy.balanced")
}
