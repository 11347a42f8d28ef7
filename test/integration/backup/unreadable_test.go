// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestAnObjectThatCantBeReadGoesWithWhatItHolds does what docs/backup.md says about such objects.
func TestAnObjectThatCantBeReadGoesWithWhatItHolds(t *testing.T) {
	project := framework.Name("unreadable")
	tenant := tenantOf(t, cluster, project)
	idle := usage(t, cluster, tenant)
	workload(t, cluster, project, "broken", 3)
	require.NotEqual(t, idle, usage(t, cluster, tenant))
	variables := cluster.Admin.Dynamic.Resource(profiles).Namespace(project)
	_, err := variables.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spectrocloud.com/v1beta1", "kind": "VariableSet", "metadata": map[string]any{"name": "broken"}}}, metav1.CreateOptions{})
	require.NoError(t, err)

	endpoint, err := storage.EndpointOf(dataDir(cluster))
	require.NoError(t, err)
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, etcd.Close()) })
	key := func(resource string) string { return "/tenancy/" + resource + "/" + project + "/broken" }
	for _, resource := range []string{"aiworkloads", "variablesets"} {
		put, err := etcd.Put(t.Context(), key(resource), "what somebody wrote by hand", clientv3.WithPrevKV())
		require.NoError(t, err)
		require.NotNil(t, put.PrevKv, "there is no %s", key(resource))
	}

	anyway := metav1.DeleteOptions{IgnoreStoreReadErrorWithClusterBreakingPotential: new(true)}
	workloads := cluster.Admin.Dynamic.Resource(resource("aiworkloads")).Namespace(project)
	framework.Refused(t, workloads.Delete(t.Context(), "broken", anyway), http.StatusMethodNotAllowed, "check-ledger --repair remove the rest")
	require.NoError(t, variables.Delete(t.Context(), "broken", anyway))
	_, err = workloads.List(t.Context(), metav1.ListOptions{})
	require.ErrorContains(t, err, "Key: "+key("aiworkloads"), "nobody is told which key it is")

	_, err = etcd.Delete(t.Context(), key("aiworkloads"))
	require.NoError(t, err)
	framework.Eventually(t, "the kinds to be served again", func(ctx context.Context) error {
		for _, kind := range []func(context.Context, metav1.ListOptions) (*unstructured.UnstructuredList, error){workloads.List, variables.List} {
			if _, err := kind(ctx, metav1.ListOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	assert.NotEqual(t, idle, usage(t, cluster, tenant), "who frees its GPUs but a repair?")
	stop(t, cluster)
	repaired := must(t, nil, "check-ledger", "--repair", "--etcd-data-dir", dataDir(cluster))
	assert.Contains(t, string(repaired), "repaired: /tenancy/ledger/requests/"+tenant+"/"+project+"/aiworkloads/broken")
	start(t, cluster)
	assert.Equal(t, idle, usage(t, cluster, tenant))
}
