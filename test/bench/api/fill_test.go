// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/test/bench/stores"
)

// fillWriters create at once where a lot has to be created.
const fillWriters = 64

// filling is workloads to be created, which ask for a GPU each, in turns in these Projects.
type filling struct {
	projects []string
	count    int
}

// fill creates workloads below tenancy-apiserver, through the same stores, while it is stopped: a hundred thousand would take
// minutes through kube-apiserver. It returns when the server has them.
func fill(b *testing.B, cluster *localcluster.Cluster, fillings ...filling) kept {
	b.Helper()
	server := cluster.Component(localcluster.TenancyAPIServer)
	require.NoError(b, server.Stop())
	began, created := time.Now(), 0
	etcd, err := storage.StartEmbedded(b.Context(), filepath.Join(cluster.Dir(), localcluster.TenancyEtcd))
	require.NoError(b, err)
	below, err := stores.Start(b.Context(), etcd)
	require.NoError(b, err)
	for _, f := range fillings {
		f.create(b, below)
		created += f.count
	}
	fmt.Printf("\n%d workloads created below the server in %.1f s\n", created, time.Since(began).Seconds())
	require.NoError(b, below.Close())
	sizes := measureEtcd(b, etcd)
	require.NoError(b, etcd.Close())
	require.NoError(b, server.Restart(b.Context()))
	return sizes
}

func (f filling) create(b *testing.B, server *stores.Server) {
	b.Helper()
	var next atomic.Int64
	var group errgroup.Group
	for range fillWriters {
		group.Go(func() error {
			for i := next.Add(1); i <= int64(f.count); i = next.Add(1) {
				project := f.projects[int(i)%len(f.projects)]
				_, err := server.Workloads.Create(stores.Request(b.Context(), workloads, project), fillingWorkload(project, i),
					registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
}

// fillingWorkload returns a workload of about bodySize.
func fillingWorkload(project string, number int64) *spectrocloud.AIWorkload {
	return &spectrocloud.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: objectName(number), Namespace: project, Labels: map[string]string{"palette.ai/aiworkload-type": "model"}},
		Spec: spectrocloud.AIWorkloadSpec{
			DisplayName:      "An App Deployment of the benchmark",
			Description:      strings.Repeat("x", 600),
			ProfileBundleRef: &spectrocloud.ProfileBundleReference{Name: "bundle", Namespace: apiserver.DefaultSystemNamespace, CloudType: "edge-native"},
			GPURequests:      spectrocloud.GPUCounts{burstFamily: 1},
		},
	}
}

// kept is what an etcd keeps of workloads: how many objects and records of their GPUs, and how many bytes in keys and values
// of each.
type kept struct {
	objects, records         int
	objectBytes, recordBytes int
	// inUse is the size of etcd's database without what is free in it, with all that it holds.
	inUse int64
}

func measureEtcd(b *testing.B, etcd *storage.Embedded) (sizes kept) {
	b.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}, Logger: zap.NewNop()})
	require.NoError(b, err)
	defer func() { require.NoError(b, client.Close()) }()
	sizes.objects, sizes.objectBytes = bytesUnder(b, client, stores.Prefix+"/"+workloads+"/")
	sizes.records, sizes.recordBytes = bytesUnder(b, client, stores.Prefix+"/ledger/requests/")
	require.Equal(b, sizes.objects, sizes.records, "each workload that asks for GPUs has a record")
	status, err := client.Status(b.Context(), etcd.Endpoint)
	require.NoError(b, err)
	sizes.inUse = status.DbSizeInUse
	return sizes
}

// bytesUnder returns how many keys there are with that prefix, and the bytes of keys and values.
func bytesUnder(b *testing.B, client *clientv3.Client, prefix string) (count, bytes int) {
	b.Helper()
	const page = 5000
	for from, more := prefix, true; more; {
		response, err := client.Get(b.Context(), from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(page))
		require.NoError(b, err)
		for _, kv := range response.Kvs {
			count++
			bytes += len(kv.Key) + len(kv.Value)
			from = string(kv.Key) + "\x00"
		}
		more = response.More
	}
	return count, bytes
}
