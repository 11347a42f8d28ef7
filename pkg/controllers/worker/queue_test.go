// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

func wait(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it takes too long")
	}
}
