// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"time"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

var expiration = metrics.NewGaugeVec(&metrics.GaugeOpts{
	Subsystem: "tenancy",
	Name:      "certificate_expiration_timestamp_seconds",
	Help: "When the certificate that tenancy-apiserver is to serve with (serving) and the CA that signs (ca) expire, in seconds since 1970. " +
		"None where there is none that is accepted, and none from a replica that does not lead.",
	StabilityLevel: metrics.ALPHA,
}, []string{"certificate"})

func init() { legacyregistry.MustRegister(expiration) }

// show sets the metrics to what a look found.
func show(p plan) {
	for certificate, end := range map[string]time.Time{"serving": p.servingEnd, "ca": p.authorityEnd} {
		if end.IsZero() {
			expiration.DeleteLabelValues(certificate)
			continue
		}
		expiration.WithLabelValues(certificate).Set(float64(end.Unix()))
	}
}
