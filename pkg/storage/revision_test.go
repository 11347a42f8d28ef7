// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/value"
)

// These tests say why each object is written in an etcd transaction of its own, however much faster one transaction for
// all that wait would be: Kubernetes takes the revision of an event for its place in history, and places must differ.

var (
	trio  = []string{"a", "b", "c"}
	later = "z"
)

// writeTrio creates three Pods as one transaction each, or as one for all, and returns the revision of the first.
func (s *fixture) writeTrio(t *testing.T, together bool) string {
	t.Helper()
	var puts []clientv3.Op
	for _, name := range trio {
		data, err := runtime.Encode(s.codec, pod(name))
		require.NoError(t, err)
		key := podKey(name)
		if s.cached {
			key = cachedPrefix + key
		}
		puts = append(puts, clientv3.OpPut(key, valuePrefix+string(data)))
	}
	transactions := [][]clientv3.Op{puts}
	if !together {
		transactions = [][]clientv3.Op{puts[:1], puts[1:2], puts[2:]}
	}
	before := revision(t, s)
	for _, ops := range transactions {
		_, err := s.client.KV.Txn(t.Context()).Then(ops...).Commit()
		require.NoError(t, err)
	}
	require.Equal(t, before+int64(len(transactions)), revision(t, s))
	return resourceVersion(before + 1)
}

func resourceVersion(revision int64) string { return strconv.FormatInt(revision, 10) }

func (s *fixture) watchFrom(t *testing.T, resourceVersion string) watch.Interface {
	t.Helper()
	w, err := s.Watch(t.Context(), podPrefix, storage.ListOptions{ResourceVersion: resourceVersion, Predicate: storage.Everything, Recursive: true})
	require.NoError(t, err)
	t.Cleanup(w.Stop)
	return w
}

func (s *fixture) listAt(ctx context.Context, resourceVersion string) (names []string, at string, err error) {
	list := &example.PodList{}
	err = s.GetList(ctx, podPrefix, storage.ListOptions{ResourceVersion: resourceVersion, Predicate: storage.Everything, Recursive: true}, list)
	for _, pod := range list.Items {
		names = append(names, pod.Name)
	}
	return names, list.ResourceVersion, err
}

// nextAdded returns the object that a watch says next was added.
func nextAdded(t *testing.T, w watch.Interface) metav1.Object {
	t.Helper()
	select {
	case event := <-w.ResultChan():
		require.Equal(t, watch.Added, event.Type, "%v", event.Object)
		object, err := meta.Accessor(event.Object)
		require.NoError(t, err)
		return object
	case <-time.After(20 * time.Second):
		require.Fail(t, "the watch says nothing")
		return nil
	}
}

// addedUntilLater creates one more Pod and returns what the watch brings up to that: whatever is not among it never comes.
func (s *fixture) addedUntilLater(t *testing.T, w watch.Interface) (names []string) {
	t.Helper()
	require.NoError(t, create(t.Context(), s, later))
	for name := nextAdded(t, w).GetName(); name != later; name = nextAdded(t, w).GetName() {
		names = append(names, name)
	}
	return names
}

func TestObjectsThatShareARevisionAreLostToAWatchThatResumesBetweenThem(t *testing.T) {
	for _, test := range []struct {
		name     string
		together bool
		want     []string
	}{
		{"a transaction each", false, trio[1:]},
		{"one transaction", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			bothWays(t, nil, func(t *testing.T, s *fixture) {
				w := s.watchFrom(t, resourceVersion(revision(t, s)))
				s.writeTrio(t, test.together)
				first := nextAdded(t, w)
				require.Equal(t, trio[0], first.GetName())
				w.Stop() // As a connection that breaks, of which the client has one event.

				assert.Equal(t, test.want, s.addedUntilLater(t, s.watchFrom(t, first.GetResourceVersion())))
			})
		})
	}
}

func TestAListAndAWatchFromItMissObjectsThatShareARevisionWhenTheWatchCacheIsBetweenThem(t *testing.T) {
	for _, test := range []struct {
		name       string
		together   bool
		consistent []string // What a list of the latest revision holds while the watch cache is between the objects.
		want       []string // What a list has and the watch from it brings.
	}{
		// Without a revision of its own to wait for, the list can't know that the watch cache lacks something.
		{"one transaction", true, trio[:1], trio[:1]},
		{"a transaction each", false, trio, trio},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newFixture(t, options{cached: true})
			release := s.holdBack(t, trio[1])
			first := s.writeTrio(t, test.together)

			listed, at, err := s.listAt(t.Context(), first) // Not older than the first.
			require.NoError(t, err)
			require.Equal(t, first, at)
			w := s.watchFrom(t, at)

			if !test.together {
				release() // The list below would wait for it, and time out.
			}
			consistent, _, err := s.listAt(t.Context(), "")
			require.NoError(t, err)
			assert.Equal(t, test.consistent, consistent)

			release()
			assert.Equal(t, test.want, append(listed, s.addedUntilLater(t, w)...))
		})
	}
}

// holdBack keeps the watch cache from reading the Pod of that name until release is called, as a long object or a busy
// processor would for a moment.
func (s *fixture) holdBack(t *testing.T, name string) (release func()) {
	t.Helper()
	ctx, release := context.WithCancel(t.Context())
	t.Cleanup(release)
	s.transformer.use(heldBack{s.transformer.prefix, podKey(name), ctx.Done()})
	return release
}

type heldBack struct {
	value.Transformer
	key      string
	released <-chan struct{}
}

func (h heldBack) TransformFromStorage(ctx context.Context, data []byte, dataCtx value.Context) ([]byte, bool, error) {
	if strings.HasSuffix(string(dataCtx.AuthenticatedData()), h.key) {
		<-h.released
	}
	return h.Transformer.TransformFromStorage(ctx, data, dataCtx)
}
