// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What the Secret of CAs holds, as PEM. The file of previous ones may have several.
const (
	currentCert  = "current.crt"
	currentKey   = "current.key"
	nextCert     = "next.crt"
	nextKey      = "next.key"
	previousCert = "previous.crt"
)

// maxPrevious keeps a Secret that is deleted again and again from filling the caBundle.
const maxPrevious = 8

// authorities are the CAs, all of which clients are to trust.
type authorities struct {
	current   *pair               // Signs; nil while the next one is the first that can, and not known to clients yet.
	next      *pair               // Will sign when clients know it; nil but during a rotation.
	published time.Time           // Since when clients could know the next one; zero while they can't.
	previous  []*x509.Certificate // Have signed what may be in use still.
}

// readAuthorities returns what can be made use of in the Secret's data, and what is wrong with the rest.
func readAuthorities(data map[string][]byte, published, now time.Time) (a authorities, faults []string) {
	if previous := data[previousCert]; len(previous) > 0 {
		if a.previous = readBundle(previous); a.previous == nil {
			faults = append(faults, previousCert+" can't be read")
		}
	}
	signer := func(certName, keyName string) *pair {
		if len(data[certName]) == 0 && len(data[keyName]) == 0 {
			return nil
		}
		ca, err := readPair(data[certName], data[keyName])
		switch {
		case err != nil:
			faults = append(faults, fmt.Sprintf("%s and %s: %v", certName, keyName, err))
		case !ca.cert.IsCA || !ca.cert.BasicConstraintsValid:
			faults = append(faults, certName+" is not a CA")
			return nil
		case !valid(ca.cert, now):
			faults = append(faults, fmt.Sprintf("%s is valid from %s to %s only", certName, stamp(ca.cert.NotBefore), stamp(ca.cert.NotAfter)))
		default:
			return ca
		}
		a.retire(readBundle(data[certName])...) // It signs no more, but may have signed.
		return nil
	}
	a.current, a.next = signer(currentCert, currentKey), signer(nextCert, nextKey)
	if a.next != nil {
		a.published = published
	}
	a.previous = unexpired(a.previous, now)
	return a, faults
}

// data is what the Secret is to hold.
func (a *authorities) data() map[string][]byte {
	data := map[string][]byte{}
	if a.current != nil {
		data[currentCert], data[currentKey] = a.current.certPEM, a.current.keyPEM
	}
	if a.next != nil {
		data[nextCert], data[nextKey] = a.next.certPEM, a.next.keyPEM
	}
	if len(a.previous) > 0 {
		data[previousCert] = writeBundle(a.previous)
	}
	return data
}

// storedAs tells whether the Secret says what the authorities are.
func (a *authorities) storedAs(data map[string][]byte, published time.Time) bool {
	return data != nil && a.published.Equal(published) && maps.EqualFunc(a.data(), data, bytes.Equal)
}

// trusted are the certificates of all CAs.
func (a *authorities) trusted() []*x509.Certificate {
	var certs []*x509.Certificate
	for _, ca := range []*pair{a.current, a.next} {
		if ca != nil {
			certs = append(certs, ca.cert)
		}
	}
	return append(certs, a.previous...)
}

// retire adds CAs that are to be trusted and sign no more, the latest first.
func (a *authorities) retire(certs ...*x509.Certificate) {
	a.previous = slices.Clone(a.previous) // Copies of the authorities share it.
	for _, cert := range certs {
		if cert.IsCA && !has(a.trusted(), cert) {
			a.previous = append(a.previous, cert)
		}
	}
	slices.SortStableFunc(a.previous, func(one, other *x509.Certificate) int { return other.NotBefore.Compare(one.NotBefore) })
	a.previous = a.previous[:min(len(a.previous), maxPrevious)]
}

// promote has the next CA sign from now on.
func (a *authorities) promote() {
	before := a.current
	a.current, a.next, a.published = a.next, nil, time.Time{}
	if before != nil {
		a.retire(before.cert)
	}
}

// signed tells whether the current CA signed the certificate.
func (a *authorities) signed(cert *x509.Certificate) bool {
	return a.current != nil && cert.CheckSignatureFrom(a.current.cert) == nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
