// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
)

func TestAWriteWhoseGuardsFailIsDecidedAgainUntilTheyHold(t *testing.T) {
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			var attempts atomic.Int32
			decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
				if !deciding(old, updated) {
					return nil, nil
				}
				guard := fails
				attempt := attempts.Add(1)
				if attempt == 4 {
					guard = holds
				}
				return &Transaction{Guards: []clientv3.Cmp{guard}, Then: []clientv3.Op{clientv3.OpPut(sideKey, strconv.Itoa(int(attempt)))}}, nil
			}
			bothWays(t, decide, func(t *testing.T, s *fixture) {
				attempts.Store(0)
				require.NoError(t, create(t.Context(), s, "old"))
				before := revision(t, s)
				require.NoError(t, write(t.Context(), s))
				assert.EqualValues(t, 4, attempts.Load())
				assert.Equal(t, "4", held(t, s, sideKey), "the put of an attempt that failed was done, or of none")
				assert.Equal(t, before+1, revision(t, s), "the object and what it carries are not one transaction")
			})
		})
	}
}

// deciding is false of the create that prepares a test.
func deciding(old, updated runtime.Object) bool {
	return old != nil || updated.(*example.Pod).Name != "old"
}

func TestNothingIsWrittenUntilTheContextEndsAndTheAnswerSaysWhatHappened(t *testing.T) {
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			var attempts atomic.Int32
			decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
				if !deciding(old, updated) {
					return nil, nil
				}
				attempts.Add(1)
				return &Transaction{Guards: []clientv3.Cmp{holds, fails, holds}, Then: []clientv3.Op{clientv3.OpPut(sideKey, "written")}}, nil
			}
			bothWays(t, decide, func(t *testing.T, s *fixture) {
				require.NoError(t, create(t.Context(), s, "old"))
				before := revision(t, s)
				attempts.Store(0)
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				ended := make(chan error, 1)
				go func() { ended <- write(ctx, s) }()
				require.Eventually(t, func() bool { return attempts.Load() >= 3 }, 10*time.Second, time.Millisecond)
				assert.Equal(t, before, revision(t, s))
				stop()
				err := <-ended
				// A context that ends during a request to etcd is etcd's to report.
				if !errors.Is(err, context.Canceled) && !storage.IsInternalError(err) {
					require.True(t, apierrors.IsTimeout(err), "%T %v", err, err)
					assert.EqualValues(t, 504, err.(apierrors.APIStatus).Status().Code)
					assert.ErrorContains(t, err, "what this write depends on changed during each of")
					assert.ErrorContains(t, err, "nothing was written, try again")
				}
				assert.Equal(t, before, revision(t, s))
			})
		})
	}
}

func TestATakenNameAnswersSoWhateverItsGuardsSay(t *testing.T) {
	var guard atomic.Pointer[clientv3.Cmp]
	decide := func(context.Context, runtime.Object, runtime.Object) (*Transaction, error) {
		return &Transaction{Guards: []clientv3.Cmp{*guard.Load()}, Then: []clientv3.Op{clientv3.OpPut(sideKey, "")}}, nil
	}
	bothWays(t, decide, func(t *testing.T, s *fixture) {
		guard.Store(&holds)
		require.NoError(t, create(t.Context(), s, "taken"))
		before := revision(t, s)
		for _, cmp := range []clientv3.Cmp{holds, fails} {
			guard.Store(&cmp)
			err := create(t.Context(), s, "taken")
			assert.True(t, storage.IsExist(err), "%v", err)
		}
		assert.Equal(t, before, revision(t, s))
	})
}

// An object that changes between the decision and the write is decided again on what it is then.
func TestAWriteThatMissesAnUpdateIsDecidedOnIt(t *testing.T) {
	var s *fixture
	var interfere atomic.Bool
	var seen []string
	decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
		if old == nil {
			return nil, nil
		}
		seen = append(seen, old.(*example.Pod).Labels["label"])
		if interfere.CompareAndSwap(true, false) {
			// Another server's write, which has its own decision.
			if err := label(context.Background(), s.unguarded(), "old", "other"); err != nil {
				return nil, err
			}
		}
		return &Transaction{Guards: []clientv3.Cmp{holds}, Then: []clientv3.Op{clientv3.OpPut(sideKey, seen[len(seen)-1])}}, nil
	}
	for name, write := range map[string]func(ctx context.Context, s storage.Interface) error{"update": writes["update"], "delete": writes["delete"]} {
		t.Run(name, func(t *testing.T) {
			s = newFixture(t, options{decide: decide})
			require.NoError(t, create(t.Context(), s, "old"))
			seen = nil
			interfere.Store(true)
			require.NoError(t, write(t.Context(), s))
			assert.Equal(t, []string{"", "other"}, seen)
			assert.Equal(t, "other", held(t, s, sideKey))
		})
	}
}

// unguarded is the store below the guards.
func (s *fixture) unguarded() storage.Interface { return s.Interface.(*guarded).Interface }
