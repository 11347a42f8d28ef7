// SPDX-License-Identifier: Apache-2.0

package rounds

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPeersTakeTurnsAndTheFirstRoundDoesNotCount(t *testing.T) {
	var order strings.Builder
	peer := func(name string) Peer {
		return Peer{name, func(context.Context) error { order.WriteString(name); return nil }}
	}
	results, err := Measure(t.Context(), []Peer{peer("a"), peer("b"), peer("c")}, Settings{Rounds: 3, Operations: 2, Clients: 1})
	require.NoError(t, err)
	assert.Equal(t, "aabbcc"+"bbccaa"+"ccaabb"+"aabbcc", order.String())
	for _, result := range results {
		assert.Len(t, result.Rates, 3)
		assert.Len(t, result.Latencies, 6)
	}
}

func TestClientsShareTheOperations(t *testing.T) {
	var done atomic.Int64
	var used time.Duration
	peer := Peer{"a", func(context.Context) error { done.Add(1); return nil }}
	results, err := Measure(t.Context(), []Peer{peer}, Settings{Rounds: 1, Operations: 101, Clients: 16,
		CPU: func() (map[string]time.Duration, error) {
			used += time.Second
			return map[string]time.Duration{"server": used}, nil
		}})
	require.NoError(t, err)
	assert.EqualValues(t, 2*101, done.Load())
	assert.InDelta(t, 1000.0/101, results[0].CPUPerThousand("server"), 1e-9)
}

func TestAFailedOperationEndsTheMeasurement(t *testing.T) {
	broken := errors.New("broken")
	_, err := Measure(t.Context(), []Peer{{"a", func(context.Context) error { return broken }}}, Settings{Rounds: 1, Operations: 4, Clients: 2})
	assert.ErrorIs(t, err, broken)
}

func TestMediansAndRatios(t *testing.T) {
	fast := Result{Name: "fast", Rates: []float64{100, 400, 300}}
	slow := Result{Name: "slow", Rates: []float64{100, 100, 200}}
	for i := range 200 {
		fast.Latencies = append(fast.Latencies, time.Duration(i+1)*time.Millisecond)
	}
	slow.Latencies = fast.Latencies[:1]

	rate, worst := fast.Rate()
	assert.Equal(t, []float64{300, 100}, []float64{rate, worst})
	ratio, worst := Ratio(fast, slow)
	assert.Equal(t, []float64{1.5, 1}, []float64{ratio, worst})
	assert.InDelta(t, 2.5, Median([]float64{4, 1, 2, 3}), 1e-9)
	assert.Equal(t, 198*time.Millisecond, fast.Percentile(0.99))
	assert.Equal(t, time.Millisecond, slow.Percentile(0.99))

	var table strings.Builder
	require.NoError(t, Write(&table, "create", []Result{fast, slow}))
	assert.Contains(t, table.String(), "| slow | 100 (100) | 1.0 | 1.0 | **1.50** (1.00) |\n")
}
