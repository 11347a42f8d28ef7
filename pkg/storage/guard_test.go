// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
)

func pod(name string) *example.Pod {
	return &example.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
}

func podKey(name string) string { return podPrefix + "ns/" + name }

func create(ctx context.Context, s storage.Interface, name string) error {
	return s.Create(ctx, podKey(name), pod(name), newPod(), 0)
}

func remove(ctx context.Context, s storage.Interface, name string) error {
	return s.Delete(ctx, podKey(name), newPod(), nil, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{})
}

// label is an update that does nothing where the label is there already.
func label(ctx context.Context, s storage.Interface, name, value string) error {
	return s.GuaranteedUpdate(ctx, podKey(name), newPod(), false, nil, storage.SimpleUpdate(func(obj runtime.Object) (runtime.Object, error) {
		obj.(*example.Pod).Labels = map[string]string{"label": value}
		return obj, nil
	}), nil)
}

// apply creates the object if it is not there.
func apply(ctx context.Context, s storage.Interface, name string) error {
	return s.GuaranteedUpdate(ctx, podKey(name), newPod(), true, nil, storage.SimpleUpdate(func(obj runtime.Object) (runtime.Object, error) {
		applied := obj.(*example.Pod)
		applied.Namespace, applied.Name = "ns", name
		applied.Labels = map[string]string{"applied": "true"}
		return applied, nil
	}), nil)
}

var (
	holds = clientv3.Compare(clientv3.ModRevision("never written"), "=", 0)
	fails = clientv3.Compare(clientv3.ModRevision("never written"), ">", 0)
)

func revision(t *testing.T, s *fixture) int64 {
	t.Helper()
	response, err := s.kv.KV.Get(t.Context(), "any")
	require.NoError(t, err)
	return response.Header.Revision
}

// held is what key holds; empty where there is none.
func held(t *testing.T, s *fixture, key string) string {
	t.Helper()
	response, err := s.kv.KV.Get(t.Context(), key)
	require.NoError(t, err)
	if len(response.Kvs) == 0 {
		return ""
	}
	return string(response.Kvs[0].Value)
}

// bothWays runs test without the watch cache and over it.
func bothWays(t *testing.T, decide Decide, test func(t *testing.T, s *fixture)) {
	t.Helper()
	for _, cached := range []bool{false, true} {
		t.Run(fmt.Sprintf("cached=%t", cached), func(t *testing.T) { test(t, newFixture(t, options{cached: cached, decide: decide})) })
	}
}

// writes are all kinds of write, each on an object that is there, or is not, as it needs.
var writes = map[string]func(ctx context.Context, s storage.Interface) error{
	"create": func(ctx context.Context, s storage.Interface) error { return create(ctx, s, "new") },
	"update": func(ctx context.Context, s storage.Interface) error { return label(ctx, s, "old", "changed") },
	"apply":  func(ctx context.Context, s storage.Interface) error { return apply(ctx, s, "new") },
	"delete": func(ctx context.Context, s storage.Interface) error { return remove(ctx, s, "old") },
}

func TestDecideSeesWhatIsCreatedChangedAndRemoved(t *testing.T) {
	var calls []string
	describe := func(obj runtime.Object) string {
		if obj == nil {
			return "nil"
		}
		pod := obj.(*example.Pod)
		return fmt.Sprintf("%s%v", pod.Name, pod.Labels)
	}
	decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
		calls = append(calls, describe(old)+" -> "+describe(updated))
		return nil, nil
	}
	// Over the watch cache a write may first be decided on an object that is no longer so, and then again.
	s, ctx := newFixture(t, options{decide: decide}), t.Context()
	require.NoError(t, create(ctx, s, "a"))
	require.NoError(t, label(ctx, s, "a", "x"))
	require.NoError(t, remove(ctx, s, "a"))
	require.NoError(t, apply(ctx, s, "b"))
	require.NoError(t, apply(ctx, s, "b"))
	assert.Equal(t, []string{
		"nil -> amap[]",
		"amap[] -> amap[label:x]",
		"amap[label:x] -> nil",
		"nil -> bmap[applied:true]",
		"bmap[applied:true] -> bmap[applied:true]",
	}, calls)
}

func TestAnUpdateThatChangesNothingWritesNothing(t *testing.T) {
	decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
		return &Transaction{Then: []clientv3.Op{clientv3.OpPut(sideKey, "")}}, nil
	}
	bothWays(t, decide, func(t *testing.T, s *fixture) {
		require.NoError(t, create(t.Context(), s, "a"))
		require.NoError(t, label(t.Context(), s, "a", "x"))
		before := revision(t, s)
		require.NoError(t, label(t.Context(), s, "a", "x"))
		assert.Equal(t, before, revision(t, s))
	})
}

func TestARefusalIsGivenAsItIsAndWritesNothing(t *testing.T) {
	refusal := apierrors.NewForbidden(pods, "x", errors.New("because"))
	decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
		if !deciding(old, updated) {
			return nil, nil
		}
		return nil, refusal
	}
	bothWays(t, decide, func(t *testing.T, s *fixture) {
		require.NoError(t, create(t.Context(), s, "old"))
		before := revision(t, s)
		for name, write := range writes {
			assert.ErrorIs(t, write(t.Context(), s), refusal, name)
		}
		assert.Equal(t, before, revision(t, s))
	})
}

// A counter that each create guards and raises, and each delete guards and lowers, always equals the objects.
func TestConcurrentWritersKeepACounterThatEqualsTheObjects(t *testing.T) {
	const writers = 64
	var kv clientv3.KV
	decide := func(ctx context.Context, old, updated runtime.Object) (*Transaction, error) {
		response, err := kv.Get(ctx, sideKey)
		if err != nil {
			return nil, err
		}
		count, read := 0, int64(0)
		if len(response.Kvs) == 1 {
			read = response.Kvs[0].ModRevision
			if count, err = strconv.Atoi(string(response.Kvs[0].Value)); err != nil {
				return nil, err
			}
		}
		switch {
		case old == nil:
			count++
		case updated == nil:
			count--
		default:
			return nil, nil
		}
		return &Transaction{
			Guards: []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(sideKey), "=", read)},
			Then:   []clientv3.Op{clientv3.OpPut(sideKey, strconv.Itoa(count))},
		}, nil
	}
	bothWays(t, decide, func(t *testing.T, s *fixture) {
		kv = s.kv.KV
		var done sync.WaitGroup
		for i := range writers {
			done.Go(func() {
				name := fmt.Sprintf("pod-%d", i)
				assert.NoError(t, create(t.Context(), s, name))
				assert.NoError(t, label(t.Context(), s, name, "x"))
				if i%4 == 0 {
					assert.NoError(t, remove(t.Context(), s, name))
				}
			})
		}
		done.Wait()
		list := &example.PodList{}
		require.NoError(t, s.GetList(t.Context(), podPrefix, storage.ListOptions{Recursive: true, Predicate: storage.Everything}, list))
		assert.Len(t, list.Items, writers*3/4)
		assert.Equal(t, strconv.Itoa(len(list.Items)), held(t, s, sideKey))
	})
}

// A client that carries nothing in its context does as any client of the etcd3 store.
func TestAContextWithoutATransactionCarriesNothing(t *testing.T) {
	s := newFixture(t, options{})
	require.NoError(t, create(WithTransaction(t.Context(), &Transaction{}), s, "empty"))
	require.NoError(t, create(WithTransaction(t.Context(), nil), s, "nil"))
	failing := &Transaction{Guards: []clientv3.Cmp{fails}}
	assert.ErrorIs(t, create(WithTransaction(t.Context(), failing), s, "failing"), ErrGuardFailed)
	assert.ErrorIs(t, remove(WithTransaction(t.Context(), failing), s, "nil"), ErrGuardFailed)
	require.NoError(t, remove(WithTransaction(t.Context(), &Transaction{Then: []clientv3.Op{clientv3.OpPut(sideKey, "gone")}}), s, "nil"))
	assert.Equal(t, "gone", held(t, s, sideKey))
}
