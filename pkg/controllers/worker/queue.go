// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// The first retry of a failed key is after minRetry; each further one takes twice as long, up to maxRetry.
const (
	minRetry = 5 * time.Millisecond
	maxRetry = 30 * time.Second
)

// Queue syncs keys. Its name is the label of its metrics.
type Queue struct {
	name   string
	sync   func(ctx context.Context, key string) error
	keys   workqueue.TypedRateLimitingInterface[string]
	synced []cache.InformerSynced
}

// New returns a queue that calls sync for each key, never twice at once for the same. An error brings the key back with
// growing delay; nil means done, or waiting for an event.
func New(name string, sync func(ctx context.Context, key string) error) *Queue {
	syncErrors.WithLabelValues(name) // A rate begins at nought, not at the first error.
	return &Queue{name: name, sync: sync, keys: workqueue.NewTypedRateLimitingQueueWithConfig(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](minRetry, maxRetry),
		workqueue.TypedRateLimitingQueueConfig[string]{Name: name},
	)}
}

// Watch queues the keys of every object that the informer adds, changes or deletes; of a changed one those of both
// versions. The delay lets a burst of events, many of them caused by our own writes, end in one sync.
func (q *Queue) Watch(informer cache.SharedIndexInformer, delay time.Duration, keys func(metav1.Object) []string) error {
	return q.WatchChanges(informer, delay, func(old, updated metav1.Object) (all []string) {
		for _, object := range []metav1.Object{old, updated} {
			if object != nil {
				all = append(all, keys(object)...)
			}
		}
		return all
	})
}

// WatchChanges is Watch for keys that depend on what changed: old is nil for an object that was added, updated for one
// that is gone. A key that waits for its delay already waits no longer for being queued again, so that it is synced once
// per delay while changes keep coming.
func (q *Queue) WatchChanges(informer cache.SharedIndexInformer, delay time.Duration, keys func(old, updated metav1.Object) []string) error {
	enqueue := func(old, updated any) {
		before, after := object(old), object(updated)
		if before == nil && after == nil {
			return
		}
		for _, key := range keys(before, after) {
			q.keys.AddAfter(key, delay)
		}
	}
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(obj any) { enqueue(nil, obj) },
		UpdateFunc: enqueue,
		DeleteFunc: func(obj any) { enqueue(obj, nil) },
	})
	if err == nil {
		q.synced = append(q.synced, registration.HasSynced)
	}
	return err
}

// object is what an event handler was given: the last known state of an object whose deletion was missed, nil for nothing.
func object(obj any) metav1.Object {
	if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = gone.Obj
	}
	if object, ok := obj.(metav1.Object); ok {
		return object
	}
	return nil
}

// AddAfter queues a key when the delay is over, unless it is queued for a time before that.
func (q *Queue) AddAfter(key string, delay time.Duration) { q.keys.AddAfter(key, delay) }

// Run syncs keys with the given number of workers until ctx is done, and returns when the last worker has stopped. Keys
// queue up before it, so a Queue that has yet to lead is warm.
func (q *Queue) Run(ctx context.Context, workers int) {
	ctx = klog.NewContext(ctx, klog.FromContext(ctx).WithValues("controller", q.name))
	defer q.keys.ShutDown()
	if !cache.WaitForNamedCacheSyncWithContext(ctx, q.synced...) {
		return
	}
	stop := context.AfterFunc(ctx, q.keys.ShutDown)
	defer stop()
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for q.next(ctx) {
			}
		})
	}
	running.Wait()
}

func (q *Queue) next(ctx context.Context) bool {
	key, shutdown := q.keys.Get()
	if shutdown || ctx.Err() != nil {
		return false
	}
	defer q.keys.Done(key)
	err := q.sync(klog.NewContext(ctx, klog.FromContext(ctx).WithValues("key", key)), key)
	if err == nil {
		q.keys.Forget(key)
		return true
	}
	q.keys.AddRateLimited(key)
	if ctx.Err() != nil {
		return true
	}
	if failed := Except(err, outdated); failed != nil {
		syncErrors.WithLabelValues(q.name).Inc()
		utilruntime.HandleErrorWithContext(ctx, failed, "Sync failed and is retried", "key", key)
	} else {
		klog.FromContext(ctx).V(4).Info("Retrying after a conflict", "key", key, "err", err)
	}
	return true
}
