// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	apistorage "k8s.io/apiserver/pkg/storage"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/test/bench/rounds"
	"spectrocloud.com/tenancy/test/bench/stores"
)

// newPlainStore returns a store of workloads as Kubernetes makes them for its own kinds: etcd3, below a watch cache.
func newPlainStore(b *testing.B, etcd *storage.Embedded, prefix string) apistorage.Interface {
	b.Helper()
	options, err := stores.RESTOptions(etcd.Endpoint).GetRESTOptions(spectrocloud.Resource(workloads), &spectrocloud.AIWorkload{})
	require.NoError(b, err)
	options.StorageConfig.Prefix = prefix
	store, destroy, err := options.Decorator(options.StorageConfig, "/"+options.ResourcePrefix,
		func(obj runtime.Object) (string, error) { return workloadKey(obj.(*spectrocloud.AIWorkload)), nil },
		func() runtime.Object { return &spectrocloud.AIWorkload{} }, func() runtime.Object { return &spectrocloud.AIWorkloadList{} },
		attributes, nil, nil)
	require.NoError(b, err)
	b.Cleanup(destroy)
	return store
}

func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	workload := obj.(*spectrocloud.AIWorkload)
	return workload.Labels, fields.Set{"metadata.name": workload.Name, "metadata.namespace": workload.Namespace}, nil
}

// rawPutter puts the bytes that template is stored as, with no compare, no decoding and no watch cache: what etcd itself
// can do with puts of one key each.
func rawPutter(b *testing.B, name string, template *spectrocloud.AIWorkload, etcd *storage.Embedded) rounds.Peer {
	b.Helper()
	client, value := newClient(b, etcd), string(encode(b, template))
	var next atomic.Int64
	return rounds.Peer{Name: name, Operation: func(ctx context.Context) error {
		_, err := client.KV.Put(ctx, fmt.Sprintf("/raw/%s/%s-%06d", projectName, workloads, next.Add(1)), value)
		return err
	}}
}

func newCodec(b *testing.B) runtime.Codec {
	b.Helper()
	info, ok := runtime.SerializerInfoForMediaType(apiserver.Codecs.SupportedMediaTypes(), runtime.ContentTypeProtobuf)
	require.True(b, ok)
	return apiserver.Codecs.CodecForVersions(info.Serializer, apiserver.Codecs.UniversalDeserializer(), v1alpha1.SchemeGroupVersion, runtime.InternalGroupVersioner)
}

func encode(b *testing.B, workload *spectrocloud.AIWorkload) []byte {
	b.Helper()
	data, err := runtime.Encode(newCodec(b), workload)
	require.NoError(b, err)
	return data
}

// newSwappingStore keeps account in one key per Tenant, as most do that share a total: each create reads it, and writes it
// with the object in one transaction that takes place if no other did meanwhile. If one did, it waits a little and starts over.
func newSwappingStore(b *testing.B, etcd *storage.Embedded) apistorage.Interface {
	b.Helper()
	client := newClient(b, etcd)
	storage.CarryTransactions(client)
	const key = "/swapped/usage/" + tenantName
	store := newStore(b, client, "/swapped", workloads,
		func() runtime.Object { return &spectrocloud.AIWorkload{} }, func() runtime.Object { return &spectrocloud.AIWorkloadList{} })
	return storage.Guard(store, func(ctx context.Context, _, updated runtime.Object) (*storage.Transaction, error) {
		response, err := client.KV.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		used, revision := spectrocloud.GPUCounts{}, int64(0)
		if len(response.Kvs) == 1 {
			revision = response.Kvs[0].ModRevision
			if err := json.Unmarshal(response.Kvs[0].Value, &used); err != nil {
				return nil, err
			}
		}
		for family, count := range updated.(*spectrocloud.AIWorkload).Spec.GPURequests {
			if used[family] += count; used[family] > plenty[family] {
				return nil, fmt.Errorf("%s: %d of %d", family, used[family], plenty[family])
			}
		}
		value, err := json.Marshal(used)
		if err != nil {
			return nil, err
		}
		return &storage.Transaction{
			Guards: []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", revision)},
			Then:   []clientv3.Op{clientv3.OpPut(key, string(value))},
		}, nil
	})
}
