// SPDX-License-Identifier: Apache-2.0

// Package concurrency shows that rules over several objects hold when two API
// servers on one etcd decide at the same time.
package concurrency

import (
	"context"
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

// storagePrefix is what tenancy-apiserver's keys in etcd begin with.
const storagePrefix = "/tenancy"

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{Replicas: 2, ExternalEtcd: true}, func(c *framework.Cluster) { cluster = c })
}

// rounds returns how often a race is run: often where TENANCY_SOAK is set.
func rounds(short int) int {
	if os.Getenv("TENANCY_SOAK") != "" {
		return 20 * short
	}
	return short
}

// replicas returns the administrator as a client of each API server itself.
func replicas(t *testing.T) []*framework.Person {
	t.Helper()
	return []*framework.Person{cluster.Through(t, cluster.Admin, 0), cluster.Through(t, cluster.Admin, 1)}
}

// race calls do from n goroutines that start together, and returns what each got.
func race(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error {
	start, errs := make(chan struct{}), make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			errs[i] = do(ctx, i)
		})
	}
	close(start)
	group.Wait()
	return errs
}

// requireHistory checks the rules at every revision of the etcd that holds Tenants and Projects.
func requireHistory(t *testing.T) {
	t.Helper()
	endpoint, config := cluster.TenancyEtcdClient()
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, TLS: config, DialTimeout: 10 * time.Second, Logger: zap.NewNop(), Context: t.Context()})
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
	defer cancel()
	require.NoError(t, quotatest.Check(ctx, client, storagePrefix))
}
