// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

var (
	dbSize = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "db_size_bytes", StabilityLevel: metrics.ALPHA,
		Help: "Size of an etcd member's database, free parts included: what counts against its quota.",
	}, []string{"endpoint"})
	dbInUse = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "db_in_use_bytes", StabilityLevel: metrics.ALPHA,
		Help: "How much of an etcd member's database is not free.",
	}, []string{"endpoint"})
	dbQuota = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "quota_bytes", StabilityLevel: metrics.ALPHA,
		Help: "Size from which on an etcd member refuses writes.",
	}, []string{"endpoint"})
	dbRefused = metrics.NewGaugeVec(&metrics.GaugeOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "writes_refused", StabilityLevel: metrics.ALPHA,
		Help: "1 while an etcd member refuses writes because its quota was reached, otherwise 0.",
	}, []string{"endpoint"})
	usedRatio = metrics.NewGauge(&metrics.GaugeOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "space_used_ratio", StabilityLevel: metrics.ALPHA,
		Help: "Used part of the quota of the etcd member that is fullest, from 0 to 1. Alarm from 0.8 on; nothing is created from 0.95 on.",
	})
	defragmentSeconds = metrics.NewHistogram(&metrics.HistogramOpts{
		Namespace: "tenancy", Subsystem: "etcd", Name: "defragment_duration_seconds", StabilityLevel: metrics.ALPHA,
		Help:    "Time that the embedded etcd took to rewrite its database without what was free. Nothing is read or written meanwhile.",
		Buckets: metrics.ExponentialBuckets(0.01, 4, 8),
	})
)

func init() {
	legacyregistry.MustRegister(dbSize, dbInUse, dbQuota, dbRefused, usedRatio, defragmentSeconds)
}

// observe makes the metrics of a member what space says.
func observe(endpoint string, space Space) {
	refused := 0.0
	if space.Refused {
		refused = 1
	}
	dbSize.WithLabelValues(endpoint).Set(float64(space.Size))
	dbInUse.WithLabelValues(endpoint).Set(float64(space.InUse))
	dbQuota.WithLabelValues(endpoint).Set(float64(space.Quota))
	dbRefused.WithLabelValues(endpoint).Set(refused)
}
