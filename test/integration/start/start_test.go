// SPDX-License-Identifier: Apache-2.0

// Package start measures how long tenancy-apiserver takes to be ready, and to
// end: while it is away, no namespace of the cluster can be deleted.
package start

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	longestStart = 3 * time.Second // From exec to readyz, the median of three.
	longestStop  = 5 * time.Second // From SIGTERM to the end of the process, with watches open.
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// median starts the API server three times, each after prepare, and returns the middle of the times from exec to readyz.
func median(t *testing.T, prepare func()) time.Duration {
	t.Helper()
	server := cluster.Component(localcluster.TenancyAPIServer)
	var took []time.Duration
	for range 3 {
		require.NoError(t, server.Stop())
		prepare()
		began := time.Now()
		require.NoError(t, server.Restart(t.Context()))
		took = append(took, time.Since(began).Round(time.Millisecond))
	}
	slices.Sort(took)
	t.Logf("from exec to readyz: %v", took)
	return took[1]
}

func TestAServerOnAnEmptyDataDirIsReadyInTime(t *testing.T) {
	data := filepath.Join(cluster.Dir(), localcluster.TenancyEtcd)
	assert.LessOrEqual(t, median(t, func() {
		require.DirExists(t, data)
		require.NoError(t, os.RemoveAll(data))
	}), longestStart)
	direct := cluster.Through(t, cluster.Admin, 0)
	tenants, err := direct.Tenants().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, tenants.Items)
}

func TestAServerOnYesterdaysDataIsReadyInTimeAndHasIt(t *testing.T) {
	direct := cluster.Through(t, cluster.Admin, 0)
	tenant := framework.Name("kept")
	_, err := direct.Tenants().Create(t.Context(), framework.Tenant(tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	for range 200 {
		name := framework.Name("kept-prj")
		_, err := direct.Projects(name).Create(t.Context(), framework.Project(name, tenant), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, median(t, func() {}), longestStart)
	projects, err := direct.Projects("").List(t.Context(), metav1.ListOptions{FieldSelector: "spec.tenantRef.name=" + tenant})
	require.NoError(t, err)
	assert.Len(t, projects.Items, 200)
}

func TestAServerWithOpenWatchesEndsInTime(t *testing.T) {
	server := cluster.Component(localcluster.TenancyAPIServer)
	t.Cleanup(func() { assert.NoError(t, server.Restart(context.Background())) })
	var watches []watch.Interface
	for _, person := range []*framework.Person{cluster.Admin, cluster.Through(t, cluster.Admin, 0)} {
		for range 50 {
			events, err := person.Projects("").Watch(t.Context(), metav1.ListOptions{})
			require.NoError(t, err)
			watches = append(watches, events)
		}
	}
	began := time.Now()
	require.NoError(t, server.Stop())
	took := time.Since(began)
	t.Logf("from SIGTERM to the end, with %d watches: %v", len(watches), took.Round(time.Millisecond))
	assert.Less(t, took, longestStop)
	deadline := time.After(framework.Patience)
	for _, events := range watches {
		for open := true; open; {
			select {
			case _, open = <-events.ResultChan():
			case <-deadline:
				t.Fatal("a watch was not told that the server ended")
			}
		}
	}
}
