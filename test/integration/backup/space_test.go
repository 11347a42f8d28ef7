// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var profiles = schema.GroupVersionResource{Group: "spectrocloud.com", Version: "v1beta1", Resource: "variablesets"}

// bulk creates an object of about 200 KiB.
func bulk(t *testing.T, namespace string, number int) error {
	t.Helper()
	_, err := cluster.Admin.Dynamic.Resource(profiles).Namespace(namespace).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spectrocloud.com/v1beta1", "kind": "VariableSet",
		"metadata": map[string]any{"name": fmt.Sprintf("bulk-%d", number), "annotations": map[string]any{"bulk": strings.Repeat(fmt.Sprintf("%04d", number), 50<<10)}},
	}}, metav1.CreateOptions{})
	return err
}

// ask asks the API server itself, past kube-apiserver.
func ask(t *testing.T, path string) (status int, body string) {
	t.Helper()
	direct := cluster.Direct(cluster.Admin.Config, 0)
	client, err := rest.HTTPClientFor(direct)
	require.NoError(t, err)
	response, err := client.Get(direct.Host + path)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// metric returns the value of a metric that has no labels.
func metric(t *testing.T, name string) (value float64) {
	t.Helper()
	_, body := ask(t, "/metrics")
	for line := range strings.Lines(body) {
		if n, _ := fmt.Sscanf(line, name+" %g", &value); n == 1 {
			return value
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// TestScarceSpaceIsToldBeforeItRunsOutAndDeletingMakesRoom fills etcd through the API, and empties it again.
func TestScarceSpaceIsToldBeforeItRunsOutAndDeletingMakesRoom(t *testing.T) {
	project := framework.Name("bulky")
	tenant := tenantOf(t, cluster, project)
	status, _ := ask(t, "/readyz/etcd-space")
	require.Equal(t, http.StatusOK, status)

	var refused error
	created := 0
	told := false
	for ; refused == nil && created < 500; created++ {
		refused = bulk(t, project, created)
		if status, text := ask(t, "/readyz/etcd-space"); status != http.StatusOK && !told {
			told = true
			assert.NoError(t, refused, "the alarm came when it was too late")
			assert.Contains(t, text, "of etcd's quota of 40Mi is used")
			status, text = ask(t, "/readyz?verbose")
			assert.Equal(t, http.StatusOK, status, "the verdict depends on how much is told")
			assert.Contains(t, text, "warn: etcd-space failed")
		}
	}
	assert.True(t, told, "no alarm came before creates were refused")
	framework.Refused(t, refused, http.StatusInsufficientStorage, "nothing can be created now", "delete something, or have etcd's quota raised")

	framework.Eventually(t, "the metric to tell", func(context.Context) error {
		if used := metric(t, "tenancy_etcd_space_used_ratio"); used < 0.8 {
			return fmt.Errorf("it is %g", used)
		}
		return nil
	})

	// The server is still there, for all that makes room: what is deleted at once, and what is updated first.
	status, text := ask(t, "/readyz")
	assert.Equal(t, http.StatusOK, status, text)
	for number := range created {
		err := cluster.Admin.Dynamic.Resource(profiles).Namespace(project).Delete(t.Context(), fmt.Sprintf("bulk-%d", number), metav1.DeleteOptions{})
		if number < created-1 {
			require.NoError(t, err)
		}
	}
	require.NoError(t, cluster.Admin.Projects(project).Delete(t.Context(), project, metav1.DeleteOptions{}))
	requireGone(t, project)
	require.NoError(t, cluster.Admin.Tenants().Delete(t.Context(), tenant, metav1.DeleteOptions{}))
	framework.Eventually(t, "the server to make room", func(context.Context) error {
		if status, text := ask(t, "/readyz/etcd-space"); status != http.StatusOK {
			return errors.New(text)
		}
		return nil
	})
	// How much room there is then depends on how much history was dropped by that time. More of it goes at leisure.
	assert.Less(t, metric(t, "tenancy_etcd_space_used_ratio"), 0.8)
	assert.Contains(t, cluster.LogTail(localcluster.TenancyAPIServer, 1000), "Defragmented the embedded etcd")
	_, text = ask(t, "/readyz?verbose")
	assert.NotContains(t, text, "etcd-space failed")
	tenantOf(t, cluster, framework.Name("again"))
}
