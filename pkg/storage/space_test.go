// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/component-base/metrics/testutil"
)

// tiny is a backend on an embedded etcd of 16 MiB that is looked after only when the test says so.
type tiny struct {
	*testing.T
	*Backend
	etcd *Embedded
	puts int
}

func newTiny(t *testing.T) *tiny {
	t.Helper()
	etcd, err := EmbeddedOptions{QuotaBytes: 16 << 20, DefragmentFreeBytes: 1 << 30}.Start(t.Context(), t.TempDir())
	require.NoError(t, err)
	backend, err := etcd.NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, backend.Close())
		assert.NoError(t, etcd.Close())
	})
	return &tiny{T: t, Backend: backend, etcd: etcd}
}

// mostPuts is how many objects of 256 KiB are put at most: more than the quota has room for.
const mostPuts = 100

// create puts a new object of 256 KiB.
func (e *tiny) create() error {
	e.puts++
	value := make([]byte, 256<<10)
	_, err := e.client.Kubernetes.OptimisticPut(e.Context(), fmt.Sprintf("/objects/%d", e.puts), value, 0, kubernetes.PutOptions{})
	// etcd counts what it has committed to its database, which it does several times a second.
	e.etcd.etcd.Server.Backend().ForceCommit()
	return err
}

// update puts an object that is there, which gets small.
func (e *tiny) update(object int) error {
	found, err := e.client.Kubernetes.Get(e.Context(), fmt.Sprintf("/objects/%d", object), kubernetes.GetOptions{})
	require.NoError(e, err)
	_, err = e.client.Kubernetes.OptimisticPut(e.Context(), string(found.KV.Key), []byte("small"), found.KV.ModRevision, kubernetes.PutOptions{})
	return err
}

func (e *tiny) delete(object int) error {
	found, err := e.client.Kubernetes.Get(e.Context(), fmt.Sprintf("/objects/%d", object), kubernetes.GetOptions{})
	require.NoError(e, err)
	_, err = e.client.Kubernetes.OptimisticDelete(e.Context(), string(found.KV.Key), found.KV.ModRevision, kubernetes.DeleteOptions{})
	return err
}

// look is a look as WatchSpace takes it, compactScarce after the last.
func (e *tiny) look() Space {
	e.etcd.etcd.Server.Backend().ForceCommit()
	if e.space.upkeep != nil {
		e.space.upkeep.seenAt = time.Time{}
	}
	e.space.look(e.Context())
	return e.Space()
}

// createUntil creates objects until done, looking after each.
func (e *tiny) createUntil(done func(Space) bool) Space {
	for range mostPuts {
		if space := e.look(); done(space) {
			return space
		}
		require.NoError(e, e.create())
	}
	require.Fail(e, "no end after so many puts", "%s", e.Space())
	return Space{}
}

func assertInsufficientStorage(t *testing.T, err error, fragment string) {
	t.Helper()
	status, ok := err.(apierrors.APIStatus)
	if assert.True(t, ok, "not an answer of the API: %v", err) {
		assert.EqualValues(t, http.StatusInsufficientStorage, status.Status().Code)
		assert.Contains(t, status.Status().Message, fragment)
	}
}

func TestScarceSpaceShowsBeforeAnythingIsRefusedAndLeavesRoomToDelete(t *testing.T) {
	etcd := newTiny(t)
	require.NoError(t, etcd.CheckSpace(), "before the first look")
	space := etcd.createUntil(func(space Space) bool {
		if space.Used() < scarceAt {
			require.NoError(t, etcd.CheckSpace(), space)
		}
		return space.Used() >= scarceAt
	})
	assert.ErrorContains(t, etcd.CheckSpace(), "% of etcd's quota of 16Mi is used")
	ratio, err := testutil.GetGaugeMetricValue(usedRatio)
	require.NoError(t, err)
	assert.InDelta(t, space.Used(), ratio, 0.0001)
	assert.Less(t, ratio, reservedAt)

	etcd.createUntil(func(space Space) bool { return space.Used() >= reservedAt })
	assertInsufficientStorage(t, etcd.create(), "the last 5% are kept for deleting: delete something")
	for object := 1; object <= 10; object++ {
		require.NoError(t, etcd.update(object), "marked for deletion")
		require.NoError(t, etcd.delete(object))
	}
	etcd.look()
	_, err = etcd.KV().Put(t.Context(), "next", "") // What came before it is history, which is compacted next.
	require.NoError(t, err)
	space = etcd.look()
	assert.Less(t, space.Used(), scarceAt, "%s", space)
	assert.NoError(t, etcd.CheckSpace())
	assert.NoError(t, etcd.create())
}

func TestAnEtcdThatRefusedWritesTakesThemAgainOnceThereIsSpace(t *testing.T) {
	etcd := newTiny(t)
	etcd.createUntil(func(space Space) bool { return space.Used() >= reservedAt })
	for others := 0; others < mostPuts && !etcd.look().Refused; others++ { // What creates don't get, other writes do.
		_, _ = etcd.KV().Put(t.Context(), fmt.Sprintf("/others/%d", others), string(make([]byte, 256<<10)))
	}
	assert.ErrorContains(t, etcd.CheckSpace(), "etcd refuses all writes but deletes")
	assertInsufficientStorage(t, etcd.update(1), "etcd's quota is used up")

	for object := 1; object <= 10; object++ {
		require.NoError(t, etcd.delete(object))
	}
	etcd.look()
	require.NoError(t, etcd.delete(11))
	space := etcd.look()
	assert.False(t, space.Refused, "%s", space)
	assert.NoError(t, etcd.create())
	assert.NoError(t, etcd.update(12))
}

func TestSpaceInAnEtcdElsewhereIsSeenAndLeftAlone(t *testing.T) {
	embedded := newTiny(t)
	elsewhere, err := NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: embedded.client.Endpoints()}})
	require.NoError(t, err)
	defer elsewhere.Close()
	etcd := &tiny{T: t, Backend: elsewhere, etcd: embedded.etcd}
	etcd.createUntil(func(space Space) bool { return space.Used() >= reservedAt })
	assert.EqualValues(t, 16<<20, etcd.Space().Quota)
	assertInsufficientStorage(t, etcd.create(), "nothing can be created now")
	elsewhere.space.fullest.Store(nil) // As if it had not looked.
	for range mostPuts {
		if err = etcd.create(); err != nil {
			break
		}
	}
	assertInsufficientStorage(t, err, "etcd's quota is used up")
	_, err = embedded.KV().Delete(t.Context(), "/objects/", clientv3.WithPrefix())
	require.NoError(t, err)
	for range 3 {
		assert.True(t, etcd.look().Refused, "the alarm of an etcd elsewhere is somebody else's to end")
	}
}

func TestADatabaseIsRewrittenWhereThatGainsAsMuchAsItCosts(t *testing.T) {
	const mib = 1 << 20
	for name, test := range map[string]struct {
		size, inUse, freeBytes int64
		want                   bool
	}{
		"little is free":                         {200, 150, 100, false},
		"much is free, more is used":             {500, 300, 100, false},
		"half is free":                           {200, 100, 100, true},
		"never":                                  {1000, 1, 0, false},
		"scarce, and a third is free":            {840, 560, 500, true},
		"scarce, and what is free is used next":  {940, 700, 100, false},
		"no creates, and much of the quota free": {950, 850, 500, true},
		"no creates, and less than that free":    {950, 860, 500, false},
		"never, whatever is refused":             {1000, 1, 0, false},
	} {
		assert.Equal(t, test.want, worthDefragmenting(Space{Size: test.size * mib, InUse: test.inUse * mib, Quota: 1000 * mib}, test.freeBytes*mib), name)
	}
}

func TestHowFullEtcdIsShowsAlsoWhereNoRoomCanBeMade(t *testing.T) {
	etcd := newTiny(t)
	etcd.createUntil(func(space Space) bool { return space.Used() >= reservedAt })
	for object := 1; object <= 30; object++ {
		require.NoError(t, etcd.delete(object))
	}
	// Nothing can be written in a directory that is not there, as on a volume that is full.
	database := filepath.Dir(etcd.etcd.etcd.Server.Cfg.BackendPath())
	require.NoError(t, os.Rename(database, database+".away"))
	usedRatio.Set(0)
	etcd.look()
	_, err := etcd.KV().Put(t.Context(), "next", "") // What came before it is history, which is compacted next.
	require.NoError(t, err)
	space := etcd.look()
	require.True(t, worthDefragmenting(space, 1<<20), "%s", space)
	require.GreaterOrEqual(t, space.Used(), reservedAt)
	ratio, err := testutil.GetGaugeMetricValue(usedRatio)
	require.NoError(t, err)
	assert.InDelta(t, space.Used(), ratio, 0.0001)
	assert.Error(t, etcd.CheckSpace())

	require.NoError(t, os.Rename(database+".away", database))
	assert.Equal(t, space.Size, etcd.look().Size, "it is tried again at once, with all reads and writes stopped")
	etcd.space.upkeep.failedAt = time.Now().Add(-defragmentAgain)
	assert.Less(t, etcd.look().Used(), scarceAt)
	assert.NoError(t, etcd.CheckSpace())
	assert.ErrorContains(t, etcd.space.upkeep.requireVolume(math.MaxInt64), "MiB free, and 8796093022207 are needed")
}
