// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestEveryAnswerIsTrueOfSomeMoment lets clients ask for one GPU each, and give it back, through three servers at once, and
// compares what they were told with what etcd held: see untrue.
func TestEveryAnswerIsTrueOfSomeMoment(t *testing.T) {
	const (
		clients = 24
		limit   = clients // About as many as ask at a time, so that some get one at once and some wait.
	)
	for round := range rounds(2, 40) {
		p := newPlace(t, limited(counts{a100: limit}), nil, nil)
		from := p.mark(t)
		answers := p.converse(t, clients, 40, uint64(round))
		to := p.mark(t)
		ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
		defer cancel()
		var records []record
		for r := range p.follow(ctx, t, from, to) {
			records = append(records, r)
		}
		require.NoError(t, ctx.Err(), "reading the history")
		counted := map[standing]int{}
		for _, a := range answers {
			counted[a.told]++
		}
		t.Logf("%d answers (%v), %d changes of records", len(answers), counted, len(records))
		require.NotZero(t, counted[holds])
		require.NotZero(t, counted[waits])
		require.NotZero(t, counted[none])
		for _, untrue := range untrue(from, limit, answers, records) {
			t.Error(untrue)
		}
		p.requireEmptied(t)
	}
	requireHistory(t)
}

// told is one answer to a client.
type told struct {
	id
	told standing
	// revision is that of the answered object; 0 where it is deleted.
	revision int64
	// called and answered are when, by the one clock of the test.
	called, answered time.Duration
}

// converse lets clients create and delete workloads, and returns what all were told.
func (p place) converse(t *testing.T, clients, steps int, seed uint64) []told {
	t.Helper()
	ways := servers(t)
	began := time.Now()
	var mu sync.Mutex
	var all []told
	race(clients, func(i int) {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		var own []id
		for n := range steps {
			server := ways[dice.IntN(len(ways))]
			a := told{called: time.Since(began)}
			var err error
			if len(own) > dice.IntN(2) {
				at := dice.IntN(len(own))
				a.id, a.told = own[at], none
				own = append(own[:at], own[at+1:]...)
				err = remove(t.Context(), server, a.project, a.resource, a.name)
			} else {
				a.id = id{p.projects[dice.IntN(2)], workloads, fmt.Sprintf("w-%d-%d", i, n)}
				var o object
				o, err = create(t.Context(), server, a.project, a.resource, newObject(a.resource, a.name, counts{a100: 1}))
				if a.told = waits; len(o.Status.GPUUsage) > 0 {
					a.told = holds
				}
				a.revision, _ = strconv.ParseInt(o.ResourceVersion, 10, 64)
				own = append(own, a.id)
			}
			a.answered = time.Since(began)
			if !assert.NoError(t, err) {
				return
			}
			mu.Lock()
			all = append(all, a)
			mu.Unlock()
		}
	})
	return all
}
