// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"context"
	"math"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"
)

// world is what Prometheus would have scraped, and the engine that asks it.
type world struct {
	series []storage.Series
	engine *promql.Engine
}

// load makes a world of series with one sample each interval, from time 0.
func load(t *testing.T, input []inputSeries, interval time.Duration) *world {
	t.Helper()
	w := &world{engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, Parser: promQL})}
	t.Cleanup(func() { require.NoError(t, w.engine.Close()) })
	for _, described := range input {
		lset, values, err := promQL.ParseSeriesDesc(described.Series + " " + described.Values)
		require.NoError(t, err)
		var samples []chunks.Sample
		for i, value := range values {
			if !value.Omitted {
				samples = append(samples, sample{time.Duration(i) * interval, value.Value})
			}
		}
		w.series = append(w.series, storage.NewListSeries(lset, samples))
	}
	return w
}

// Querier implements storage.Queryable.
func (w *world) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		var found []storage.Series
		for _, series := range w.series {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(series.Labels().Get(m.Name)) }) {
				found = append(found, series)
			}
		}
		return &seriesSet{series: found}
	}}, nil
}

// seriesSet goes through series; it implements storage.SeriesSet.
type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.next-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

func (w *world) query(ctx context.Context, expression string, at time.Time) (promql.Vector, error) {
	query, err := w.engine.NewInstantQuery(ctx, w, nil, expression, at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	return query.Exec(ctx).Vector()
}

// firing are the alerts of the rule that fire at a time: those that the expression has found each interval for as long as
// the rule wants.
func (w *world) firing(t *testing.T, rule rulefmt.Rule, interval, at time.Duration) (found []fired) {
	t.Helper()
	require.Zero(t, rule.KeepFiringFor, "%s: keep_firing_for is not implemented here", rule.Alert)
	since := map[uint64]time.Duration{}
	for now := time.Duration(0); now <= at; now += interval {
		vector, err := w.query(t.Context(), rule.Expr, moment(now))
		require.NoError(t, err, rule.Alert)
		active := map[uint64]time.Duration{}
		found = nil
		for _, one := range vector {
			id := one.Metric.Hash()
			began, ok := since[id]
			if !ok {
				began = now
			}
			if active[id] = began; now-began >= time.Duration(rule.For) {
				found = append(found, w.fired(t, rule, one, moment(now)))
			}
		}
		since = active
	}
	return found
}

// fired is an alert with its labels and annotations filled in.
func (w *world) fired(t *testing.T, rule rulefmt.Rule, one promql.Sample, now time.Time) fired {
	t.Helper()
	own := one.Metric.Map()
	delete(own, model.MetricNameLabel)
	data := template.AlertTemplateData(own, nil, "", one)
	expand := func(text string) string {
		expanded, err := template.NewTemplateExpander(t.Context(), "{{$labels := .Labels}}{{$value := .Value}}"+text, rule.Alert, data,
			model.Time(timestamp.FromTime(now)), w.query, &url.URL{}, []string{"missingkey=error"}).Expand()
		require.NoError(t, err, rule.Alert)
		return expanded
	}
	f := fired{Labels: own, Annotations: map[string]string{}}
	for name, text := range rule.Labels {
		f.Labels[name] = expand(text)
	}
	for name, text := range rule.Annotations {
		f.Annotations[name] = expand(text)
	}
	return f
}

func moment(since time.Duration) time.Time { return time.Unix(0, 0).Add(since) }

// sample is one number at a time.
type sample struct {
	at    time.Duration
	value float64
}

// These implement chunks.Sample.
func (s sample) T() int64                      { return s.at.Milliseconds() }
func (s sample) ST() int64                     { return math.MinInt64 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
