// SPDX-License-Identifier: Apache-2.0

// Package quota shows that GPU quotas hold when three API servers on one etcd
// decide at the same time: to the last GPU, in order, and whichever of them is
// killed.
package quota

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	// storagePrefix is what tenancy-apiserver's keys in etcd begin with.
	storagePrefix = "/tenancy"
	// replicas is how many API servers there are; kube-apiserver passes requests to the first.
	replicas = 3
	// convergence is how long may be waited for a cluster in which many things were killed or deleted.
	convergence = 2 * time.Minute
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	// The history is checked from its first revision, so none of it may be compacted, and etcd has to have room for it.
	args := map[string][]string{localcluster.TenancyEtcd: {"--quota-backend-bytes=8589934592"}}
	for i := range replicas {
		args[serverName(i)] = []string{"--etcd-compaction-interval=0"}
	}
	framework.Main(m, localcluster.Options{Replicas: replicas, ExternalEtcd: true, ExtraArgs: args},
		func(c *framework.Cluster) { cluster = c })
}

func soaking() bool { return os.Getenv("TENANCY_SOAK") != "" }

// serverName is the name of a replica's component.
func serverName(replica int) string {
	if replica == 0 {
		return localcluster.TenancyAPIServer
	}
	return fmt.Sprintf("%s-%d", localcluster.TenancyAPIServer, replica)
}

// servers returns the administrator as a client of each API server itself.
func servers(t *testing.T) []*framework.Person {
	t.Helper()
	var clients []*framework.Person
	for i := range replicas {
		clients = append(clients, cluster.Through(t, cluster.Admin, i))
	}
	return clients
}

// everyWay returns the administrator as a client of each API server itself, and of kube-apiserver.
func everyWay(t *testing.T) []*framework.Person {
	t.Helper()
	return append(servers(t), cluster.Admin)
}

// race calls do from n goroutines that start together, and returns when all have ended.
func race(n int, do func(i int)) {
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	group.Wait()
}

// etcd connects to the etcd that holds the objects and the ledger, until the test ends.
func etcd(t *testing.T) *clientv3.Client {
	t.Helper()
	endpoint, config := cluster.TenancyEtcdClient()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, TLS: config, DialTimeout: 10 * time.Second, Logger: zap.NewNop(), Context: t.Context()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// requireHistory checks the rules at every revision that there ever was of the etcd that holds the objects and the ledger.
func requireHistory(t *testing.T) {
	t.Helper()
	client := etcd(t)
	ctx, cancel := context.WithTimeout(t.Context(), convergence)
	defer cancel()
	_, err := client.Get(ctx, storagePrefix, clientv3.WithRev(1))
	require.NoError(t, err, "the beginning of the history")
	began := time.Now()
	summary, err := quotatest.Replay(ctx, client, storagePrefix)
	require.NoError(t, err)
	t.Logf("history: %d revisions, %d admissions, %d releases, %d waits, replayed in %.1fs",
		summary.Revisions, summary.Admissions, summary.Releases, summary.Waits, time.Since(began).Seconds())
}
