// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// serving is the certificate that tenancy-apiserver has been given.
type serving struct {
	*pair         // Nil where there is none.
	fault  string // Why kube-apiserver would not accept it; "" if it does.
	absent bool   // Whether nothing was stored, not even something wrong.
}

// readServing judges the certificate that is there.
func (p Policy) readServing(data map[string][]byte, trusted []*x509.Certificate, now time.Time) serving {
	certPEM, keyPEM := data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey]
	if len(certPEM) == 0 && len(keyPEM) == 0 {
		return serving{fault: "there was none", absent: true}
	}
	read, err := readPair(certPEM, keyPEM)
	if err != nil {
		return serving{fault: err.Error()}
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for _, ca := range trusted {
		roots.AddCert(ca)
	}
	for _, ca := range read.intermediates {
		intermediates.AddCert(ca)
	}
	if _, err := read.cert.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: now,
		DNSName: p.names()[0], KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		return serving{pair: read, fault: err.Error()}
	}
	return serving{pair: read}
}

// serve returns the data of the Secret to serve with, if it is to be written, and why.
func (p Policy) serve(a authorities, f found, s serving, bundle []byte, now time.Time) (map[string][]byte, news, error) {
	data := maps.Clone(f.serving)
	if data == nil {
		data = map[string][]byte{}
	}
	data[corev1.ServiceAccountRootCAKey] = bundle
	why := p.whyIssue(a, s, now)
	if a.current == nil || why == (news{}) {
		if f.serving != nil && bytes.Equal(f.serving[corev1.ServiceAccountRootCAKey], bundle) {
			return nil, news{}, nil
		}
		return data, news{}, nil
	}
	made, err := newServing(p.names(), now, p.Lifetime, a.current)
	if err != nil {
		return nil, news{}, err
	}
	data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey] = made.certPEM, made.keyPEM
	why.message = fmt.Sprintf("Certificate for %s, valid until %s, signed by %q: %s",
		p.names()[0], stamp(made.cert.NotAfter), a.current.cert.Subject.CommonName, why.message)
	return data, why, nil
}

// whyIssue says why there is to be another certificate; it says nothing if there is not.
func (p Policy) whyIssue(a authorities, s serving, now time.Time) news {
	switch {
	case s.absent:
		return normal(reasonIssued, "%s", s.fault)
	case s.fault != "":
		return warning(reasonRepaired, "%s", s.fault)
	case !slices.Equal(s.cert.DNSNames, p.names()):
		return warning(reasonRepaired, "the names were %v", s.cert.DNSNames)
	case !a.signed(s.cert):
		return normal(reasonIssued, "the CA is another")
	case due(s.cert, now, p.Lifetime):
		return normal(reasonIssued, "the one until %s was due", stamp(s.cert.NotAfter))
	}
	return news{}
}
