// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

func TestHistoryIsCompactedInProcessAndElsewhere(t *testing.T) {
	etcd, err := StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	for name, connect := range map[string]func(storagebackend.Config) (*Backend, error){"in process": etcd.NewBackend, "elsewhere": NewBackend} {
		t.Run(name, func(t *testing.T) {
			backend, err := connect(storagebackend.Config{
				CompactionInterval: 50 * time.Millisecond, Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
			require.NoError(t, err)
			defer func() { assert.NoError(t, backend.Close()) }()
			put, err := backend.KV().Put(t.Context(), "/key", name)
			require.NoError(t, err)
			assert.Eventually(t, func() bool {
				_, err := backend.KV().Put(t.Context(), "/key", name)
				require.NoError(t, err)
				_, err = backend.KV().Get(t.Context(), "/key", clientv3.WithRev(put.Header.Revision))
				return err == rpctypes.ErrCompacted
			}, 20*time.Second, 10*time.Millisecond)
		})
	}
}

// TestDefragmentingGivesRoomBack logs how long nothing is read or written: with 100 MiB in use where TENANCY_SOAK is set.
func TestDefragmentingGivesRoomBack(t *testing.T) {
	transactions := 40
	if os.Getenv("TENANCY_SOAK") != "" {
		transactions = 1024
	}
	etcd, err := EmbeddedOptions{QuotaBytes: MaxQuotaBytes, DefragmentFreeBytes: 1 << 20}.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	backend, err := etcd.NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, backend.Close()) }()
	for _, prefix := range []string{"/deleted/a/", "/deleted/b/", "/kept/"} {
		putMany(t, backend.KV(), prefix, transactions)
	}
	deleted, err := backend.KV().Delete(t.Context(), "/deleted/", clientv3.WithPrefix())
	require.NoError(t, err)
	_, err = backend.KV().Compact(t.Context(), deleted.Header.Revision, clientv3.WithCompactPhysical())
	require.NoError(t, err)
	etcd.etcd.Server.Backend().ForceCommit()
	before := backend.Space()
	require.True(t, worthDefragmenting(before, 1<<20), before)

	began := time.Now()
	backend.space.look(t.Context())
	after := backend.Space()
	t.Logf("%d MiB in use of %d MiB: rewritten in %v, to %d MiB", before.InUse>>20, before.Size>>20, time.Since(began), after.Size>>20)
	assert.Less(t, after.Size, before.Size/2)
	assert.False(t, worthDefragmenting(after, 1<<20))
	kept, err := backend.KV().Get(t.Context(), "/kept/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	require.NoError(t, err)
	assert.EqualValues(t, transactions*100, kept.Count)
}

// putMany puts 100 keys of 1 KiB with each transaction.
func putMany(t *testing.T, kv clientv3.KV, prefix string, transactions int) {
	t.Helper()
	value := string(make([]byte, 1<<10))
	for transaction := range transactions {
		puts := make([]clientv3.Op, 100)
		for i := range puts {
			puts[i] = clientv3.OpPut(fmt.Sprintf("%s%d-%d", prefix, transaction, i), value)
		}
		_, err := kv.Txn(t.Context()).Then(puts...).Commit()
		require.NoError(t, err)
	}
}
