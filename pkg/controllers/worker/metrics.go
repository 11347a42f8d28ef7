// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

// syncErrors counts what workqueue_retries_total doesn't: that one counts whatever is queued with a delay, which is every event.
var syncErrors = metrics.NewCounterVec(&metrics.CounterOpts{
	Subsystem: "tenancy", Name: "controller_sync_errors_total", StabilityLevel: metrics.ALPHA,
	Help: "Syncs that failed and are retried, without those that only came too late: conflicts.",
}, []string{"name"})

func init() { legacyregistry.MustRegister(syncErrors) }
