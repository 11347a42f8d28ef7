// SPDX-License-Identifier: Apache-2.0

package rounds

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Peer is one side of a comparison.
type Peer struct {
	Name string
	// Operation does one of what is measured. It is called from several goroutines.
	Operation func(ctx context.Context) error
}

// Settings say how much is measured.
type Settings struct {
	// Rounds are counted; one more goes before them, which warms connections and caches up and is not.
	Rounds int
	// Operations is how many each peer does in a round.
	Operations int
	// Clients is how many operations are under way at once.
	Clients int
	// CPU returns the CPU time that each process of interest has used so far; nil where nobody asks.
	CPU func() (map[string]time.Duration, error)
}

// Result is what one peer did in the rounds that count.
type Result struct {
	Name string
	// Rates are operations per second, one entry per round.
	Rates []float64
	// Latencies are those of all operations, in ascending order.
	Latencies []time.Duration
	// CPU is the time that each process used while the peer had its turns.
	CPU map[string]time.Duration
}

// Measure lets the peers take turns, each round beginning with another one. The results are in the order of the peers.
// The first operation to fail ends it.
func Measure(ctx context.Context, peers []Peer, settings Settings) ([]Result, error) {
	results := make([]Result, len(peers))
	for i, peer := range peers {
		results[i] = Result{Name: peer.Name, CPU: map[string]time.Duration{}}
	}
	for round := range settings.Rounds + 1 {
		for turn := range peers {
			i := (round + turn) % len(peers)
			measured, err := measureBlock(ctx, peers[i].Operation, settings)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", peers[i].Name, round, err)
			}
			if round > 0 {
				results[i].add(measured)
			}
		}
	}
	for i := range results {
		slices.Sort(results[i].Latencies)
	}
	return results, nil
}

// block is one turn of a peer.
type block struct {
	latencies []time.Duration
	elapsed   time.Duration
	cpu       map[string]time.Duration
}

func (r *Result) add(b block) {
	r.Rates = append(r.Rates, float64(len(b.latencies))/b.elapsed.Seconds())
	r.Latencies = append(r.Latencies, b.latencies...)
	for process, used := range b.cpu {
		r.CPU[process] += used
	}
}

func measureBlock(ctx context.Context, operation func(context.Context) error, settings Settings) (block, error) {
	// What the client side has to collect from the last turn is not this peer's.
	runtime.GC()
	before, err := settings.cpu()
	if err != nil {
		return block{}, err
	}
	latencies := make([]time.Duration, settings.Operations)
	var next atomic.Int64
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range settings.Clients {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(latencies)); i = next.Add(1) - 1 {
				began := time.Now()
				if err := operation(ctx); err != nil {
					return err
				}
				latencies[i] = time.Since(began)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return block{}, err
	}
	elapsed := time.Since(began)
	used, err := settings.cpu()
	if err != nil {
		return block{}, err
	}
	for process := range used {
		used[process] -= before[process]
	}
	return block{latencies, elapsed, used}, nil
}

func (s Settings) cpu() (map[string]time.Duration, error) {
	if s.CPU == nil {
		return nil, nil
	}
	return s.CPU()
}
