// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestTenThousandObjectsAreBackWithinAMinute takes longer to create them, and so runs where TENANCY_SOAK is set.
func TestTenThousandObjectsAreBackWithinAMinute(t *testing.T) {
	if os.Getenv("TENANCY_SOAK") == "" {
		t.Skip("TENANCY_SOAK is not set")
	}
	const objects = 10_000
	project := framework.Name("large")
	tenantOf(t, cluster, project)
	workloads := cluster.Through(t, cluster.Admin, 0).Dynamic.Resource(resource("aiworkloads")).Namespace(project)
	var creating errgroup.Group
	creating.SetLimit(16)
	for number := range objects {
		creating.Go(func() error {
			_, err := workloads.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload", "metadata": map[string]any{"name": fmt.Sprintf("w-%d", number)},
				"spec": map[string]any{"gpuRequests": map[string]any{"A100": 1}}}}, metav1.CreateOptions{})
			return err
		})
	}
	require.NoError(t, creating.Wait())
	allReady(t, cluster)
	was, namespacesWere := read(t, cluster), namespaces(t, cluster)
	require.Greater(t, len(was.objects), objects)

	began := time.Now()
	snapshot := must(t, nil, "snapshot", "save", "-", "--etcd-data-dir", dataDir(cluster))
	saved := time.Now()
	stop(t, cluster)
	wipe(t, cluster)
	stopped := time.Now()
	must(t, snapshot, "snapshot", "restore", "-", "--etcd-data-dir", dataDir(cluster))
	restored := time.Now()
	assert.Contains(t, string(must(t, nil, "check-ledger", "--etcd-data-dir", dataDir(cluster))), "; 0 differences, 0 problems")
	checked := time.Now()
	start(t, cluster)
	is := read(t, cluster)
	served := time.Now()
	allReady(t, cluster)
	t.Logf("%d objects, %d bytes: saved in %.1fs, server stopped in %.1fs, restored in %.1fs, ledger checked in %.1fs, served and read in %.1fs; %.1fs in all",
		objects, len(snapshot), saved.Sub(began).Seconds(), stopped.Sub(saved).Seconds(), restored.Sub(stopped).Seconds(), checked.Sub(restored).Seconds(),
		served.Sub(checked).Seconds(), served.Sub(began).Seconds())
	assert.Less(t, served.Sub(began), time.Minute)
	assert.Equal(t, was, is)
	assert.Equal(t, namespacesWere, namespaces(t, cluster))
}
