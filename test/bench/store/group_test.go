// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
)

// groupSize is how many creates share a transaction at most: each is two of the 128 operations that etcd takes at once.
const groupSize = 60

// groupStore is what we do not do: it puts the objects of all that wait, each with a record of its GPUs, in one etcd
// transaction, by a call as the server does. It says what that would bring, and nothing else: objects that share a revision
// are lost to watches (pkg/storage, revision_test.go). It has no watch cache either.
type groupStore struct {
	kv      clientv3.KV
	codec   runtime.Codec
	waiting chan *member
}

// member is one create that waits for its group.
type member struct {
	key, value, record string
	done               chan error
}

func newGroupStore(b *testing.B, etcd *storage.Embedded) *groupStore {
	b.Helper()
	backend, err := etcd.NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
	require.NoError(b, err)
	s := &groupStore{kv: backend.KV(), codec: newCodec(b), waiting: make(chan *member, groupSize)}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.run(ctx) }()
	b.Cleanup(func() {
		cancel()
		<-ended
		require.NoError(b, backend.Close())
	})
	return s
}

// Create waits until the group of obj has been written.
func (s *groupStore) Create(ctx context.Context, key string, obj, _ runtime.Object, _ uint64) error {
	data, err := runtime.Encode(s.codec, obj)
	if err != nil {
		return err
	}
	m := &member{key: "/grouped" + key, value: string(data), done: make(chan error, 1),
		record: fmt.Sprintf(`{"uid":%q,"gpus":{"NVIDIA-A100":1,"NVIDIA-H100":1},"held":true}`, obj.(*spectrocloud.AIWorkload).UID)}
	select {
	case s.waiting <- m:
		return <-m.done
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *groupStore) run(ctx context.Context) {
	for {
		select {
		case m := <-s.waiting:
			s.commit(ctx, s.gather(m))
		case <-ctx.Done():
			return
		}
	}
}

// gather returns first and all that wait with it.
func (s *groupStore) gather(first *member) []*member {
	group := []*member{first}
	for len(group) < groupSize {
		select {
		case m := <-s.waiting:
			group = append(group, m)
		default:
			return group
		}
	}
	return group
}

func (s *groupStore) commit(ctx context.Context, group []*member) {
	var guards []clientv3.Cmp
	var puts []clientv3.Op
	for _, m := range group {
		guards = append(guards, clientv3.Compare(clientv3.ModRevision(m.key), "=", 0))
		puts = append(puts, clientv3.OpPut(m.key, m.value), clientv3.OpPut("/grouped/ledger"+m.key, m.record))
	}
	response, err := s.kv.Txn(ctx).If(guards...).Then(puts...).Commit()
	if err == nil && !response.Succeeded {
		err = errors.New("one of the group exists")
	}
	for _, m := range group {
		m.done <- err
	}
}
