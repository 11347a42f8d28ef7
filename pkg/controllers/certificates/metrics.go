// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/x509"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
)

var (
	expiration = gauge("expiration",
		"When the certificate that tenancy-apiserver is to serve with (serving) and the CA that signs (ca) expire, in seconds since 1970. "+
			"None where there is none that is accepted, and none from a replica that does not lead.")
	renewalDue = gauge("renewal",
		"When the certificate that tenancy-apiserver is to serve with (serving) and the CA that signs (ca) are to be replaced, in seconds since 1970. "+
			"For as long as a new CA takes to be known the old one signs on.")
)

func gauge(of, help string) *metrics.GaugeVec {
	vec := metrics.NewGaugeVec(&metrics.GaugeOpts{
		Subsystem: "tenancy", Name: "certificate_" + of + "_timestamp_seconds", Help: help, StabilityLevel: metrics.ALPHA,
	}, []string{"certificate"})
	legacyregistry.MustRegister(vec)
	return vec
}

// show sets the metrics to what a look found.
func show(p plan) {
	for certificate, cert := range map[string]*x509.Certificate{"serving": p.servingCert, "ca": p.authorityCert} {
		if cert == nil {
			expiration.DeleteLabelValues(certificate)
			renewalDue.DeleteLabelValues(certificate)
			continue
		}
		expiration.WithLabelValues(certificate).Set(float64(cert.NotAfter.Unix()))
		renewalDue.WithLabelValues(certificate).Set(float64(renewal(cert).Unix()))
	}
}
