// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestExactlyAsManyAreAdmittedAsTheLimitSays lets 64 writers ask at once, through one server and through three.
func TestExactlyAsManyAreAdmittedAsTheLimitSays(t *testing.T) {
	const (
		limit = 100
		each  = 3
	)
	for _, through := range []int{1, replicas} {
		t.Run(fmt.Sprintf("through %d servers", through), func(t *testing.T) {
			for range rounds(1, 20) {
				p := newPlace(t, limited(counts{a100: limit}), nil, nil)
				ways := servers(t)[:through]
				var admitted atomic.Int64
				race(writers, func(i int) {
					for n := range each {
						o := newObject(workloads, fmt.Sprintf("w-%d-%d", i, n), counts{a100: 1})
						told, err := create(t.Context(), ways[i%through], p.projects[i/through%2], workloads, o)
						if assert.NoError(t, err) && told.Status.Phase == v1alpha1.ConsumerAdmitted {
							admitted.Add(1)
						}
					}
				})
				// Where the turn passes on, a decision that had taken the last GPU may come to nothing: who was told to wait for
				// it then gets it after the answer.
				t.Logf("%d were told that they are admitted", admitted.Load())
				assert.LessOrEqual(t, admitted.Load(), int64(limit))
				b := p.requireSettled(t)
				assert.EqualValues(t, limit, b.used()[p.tenant][a100])
				assert.EqualValues(t, writers*each-limit, b.pending()[p.tenant][a100])
				p.requireEmptied(t)
			}
			requireHistory(t)
		})
	}
}

// TestFirstComeFirstServed asks through one way after the other while nothing is free, and frees one GPU at a time through
// another.
func TestFirstComeFirstServed(t *testing.T) {
	const (
		limit   = 3
		waiting = 16
	)
	p := newPlace(t, limited(counts{a100: limit}), nil, nil)
	ways := everyWay(t)
	var asked []id
	for i := range limit + waiting {
		// Names that sort the other way round, so that no other order is taken for this one.
		id := id{p.projects[i/3%2], workloads, fmt.Sprintf("w-%02d", 99-i)}
		told, err := create(t.Context(), ways[i%len(ways)], id.project, workloads, newObject(workloads, id.name, counts{a100: 1}))
		require.NoError(t, err)
		require.Equal(t, i < limit, len(told.Status.GPUUsage) > 0, "%+v", told.Status)
		asked = append(asked, id)
	}
	for i := range waiting {
		first, next := asked[i], asked[i+limit]
		require.NoError(t, remove(t.Context(), ways[(i/2+1)%len(ways)], first.project, workloads, first.name))
		framework.Eventually(t, fmt.Sprintf("the next after %d", i), func(ctx context.Context) error {
			b, err := p.read(ctx, ways[i%replicas])
			if err != nil {
				return err
			}
			var held []string
			for id, o := range b.objects {
				if len(o.Status.GPUUsage) > 0 {
					held = append(held, id.name)
				}
			}
			if len(held) < limit {
				return fmt.Errorf("%v hold GPUs", held)
			}
			require.Contains(t, held, next.name, "%v hold GPUs, out of turn", held)
			return nil
		})
	}
	p.requireEmptied(t)
	requireHistory(t)
}
