// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	cachetesting "k8s.io/client-go/tools/cache/testing"
	"k8s.io/component-base/metrics/testutil"
)

func TestAKeyIsRetriedUntilItSucceedsAndNeverSyncedTwiceAtOnce(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var running, attempts atomic.Int32
	done := make(chan struct{})
	queue := New("test", func(context.Context, string) error {
		assert.EqualValues(t, 1, running.Add(1), "two workers have the same key")
		defer running.Add(-1)
		if attempts.Add(1) < 3 {
			return errors.New("not yet")
		}
		close(done)
		return nil
	})
	queue.keys.Add("a")
	queue.keys.Add("a")
	ended := make(chan struct{})
	go func() { defer close(ended); queue.Run(ctx, 4) }()
	wait(t, done)
	stop()
	wait(t, ended)
	assert.EqualValues(t, 3, attempts.Load())
}

// TestOnlyErrorsAreCountedAsSuch: not the events that are let settle, and not conflicts.
func TestOnlyErrorsAreCountedAsSuch(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	answers := map[string][]error{
		"settled": nil, "late": {apierrors.NewConflict(corev1.Resource("pods"), "a", errors.New("it has changed"))}, "broken": {errors.New("no"), errors.New("no")},
	}
	var done sync.WaitGroup
	done.Add(len(answers))
	queue := New("counted", func(_ context.Context, key string) error {
		if left := answers[key]; len(left) > 0 {
			answers[key] = left[1:]
			return left[0]
		}
		done.Done()
		return nil
	})
	for key := range answers {
		queue.AddAfter(key, time.Millisecond)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); queue.Run(ctx, 1) }()
	all := make(chan struct{})
	go func() { defer close(all); done.Wait() }()
	wait(t, all)
	stop()
	wait(t, ended)
	counted, err := testutil.GetCounterMetricValue(syncErrors.WithLabelValues("counted"))
	require.NoError(t, err)
	assert.EqualValues(t, 2, counted)
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	queue := New("test", func(ctx context.Context, _ string) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	})
	queue.keys.Add("a")
	queue.keys.Add("b")
	ended := make(chan struct{})
	go func() { defer close(ended); queue.Run(ctx, 1) }()
	wait(t, ended)
}

func TestAStreamOfChangesIsSyncedOncePerDelayAndNeverStarves(t *testing.T) {
	const delay = 50 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	source := cachetesting.NewFakeControllerSource()
	defer source.Shutdown()
	informer := cache.NewSharedIndexInformer(source, &corev1.ConfigMap{}, 0, nil)

	var syncs atomic.Int32
	enough, ended := make(chan struct{}), make(chan struct{})
	queue := New("test", func(context.Context, string) error {
		if syncs.Add(1) == 4 {
			close(enough)
		}
		return nil
	})
	var added, changed atomic.Int32
	gone := make(chan struct{})
	require.NoError(t, queue.WatchChanges(informer, delay, func(old, updated metav1.Object) []string {
		switch {
		case old == nil:
			added.Add(1)
		case updated == nil:
			close(gone)
			return nil
		default:
			changed.Add(1)
		}
		return []string{updated.GetName()}
	}))
	go informer.RunWithContext(ctx)
	go func() { defer close(ended); queue.Run(ctx, 4) }()

	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "a"}}
	began := time.Now()
	source.Add(object.DeepCopy())
	for streaming := true; streaming; {
		source.Modify(object.DeepCopy())
		select {
		case <-enough:
			streaming = false
		case <-time.After(delay / 10):
		}
	}
	assert.GreaterOrEqual(t, time.Since(began), 4*delay)
	source.Delete(object.DeepCopy())
	wait(t, gone)
	stop()
	wait(t, ended)
	assert.EqualValues(t, 1, added.Load())
	assert.Greater(t, changed.Load(), int32(4))
}

func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it takes too long")
	}
}
