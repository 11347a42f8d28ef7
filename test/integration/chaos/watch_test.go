// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// watches are of the workloads of one Project each; where one breaks off, it goes on at the last version that was seen.
type watches struct {
	mu     sync.Mutex
	seen   map[types.UID]map[watch.EventType]int
	names  map[key]types.UID
	broken []string
	began  int // How many requests to watch there were.
}

// watch watches until the test ends.
func (l *load) watch(t *testing.T) *watches {
	t.Helper()
	w := &watches{seen: map[types.UID]map[watch.EventType]int{}, names: map[key]types.UID{}}
	client := cluster.Person(t, l.tenant+"-watcher", l.tenant)
	for _, project := range l.projects {
		var list v1alpha1.AIWorkloadList
		framework.Eventually(t, "the watcher to be let in", func(ctx context.Context) error {
			return client.REST().Get().Namespace(project).Resource("aiworkloads").Do(ctx).Into(&list)
		})
		watcher, err := watchtools.NewRetryWatcherWithContext(t.Context(), list.ResourceVersion, &cache.ListWatch{
			WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
				w.mu.Lock()
				w.began++
				w.mu.Unlock()
				options.Watch = true
				watching, err := client.REST().Get().Namespace(project).Resource("aiworkloads").VersionedParams(&options, metav1.ParameterCodec).Watch(ctx)
				if apierrors.IsForbidden(err) { // By a kube-apiserver that has just started: no reason to give up.
					err = apierrors.NewServiceUnavailable(err.Error())
				}
				return watching, err
			}})
		require.NoError(t, err)
		go func() {
			for event := range watcher.ResultChan() {
				w.take(project, event)
			}
		}()
	}
	return w
}

// take notes an event. One object's versions must rise.
func (w *watches) take(project string, event watch.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	object, err := meta.Accessor(event.Object)
	if err != nil {
		w.broken = append(w.broken, fmt.Sprintf("%s %v", event.Type, event.Object))
		return
	}
	if w.seen[object.GetUID()] == nil {
		w.seen[object.GetUID()] = map[watch.EventType]int{}
	}
	w.seen[object.GetUID()][event.Type]++
	w.names[key{project, object.GetName()}] = object.GetUID()
}

// requireComplete checks that each creation and each deletion was seen, and once.
func (w *watches) requireComplete(t *testing.T, l *load) {
	t.Helper()
	check := func(what string, workload *workload, event watch.EventType) error {
		uid := workload.uid
		if uid == "" {
			uid = w.names[workload.key]
		}
		if n := w.seen[uid][event]; n != 1 {
			return fmt.Errorf("%v was %s, and seen so %d times", workload.key, what, n)
		}
		return nil
	}
	framework.Eventually(t, "all events to have come", func(context.Context) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, workload := range l.created {
			if err := check("created", workload, watch.Added); err != nil {
				return err
			}
		}
		for _, workload := range l.deleted {
			if err := check("deleted", workload, watch.Deleted); err != nil {
				return err
			}
			if err := check("created", workload, watch.Added); err != nil {
				return err
			}
		}
		return nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Empty(t, w.broken)
	t.Logf("watches: %d objects seen, %d requests to watch", len(w.seen), w.began)
	assert.Greater(t, w.began, len(l.projects), "no watch was interrupted")
}
