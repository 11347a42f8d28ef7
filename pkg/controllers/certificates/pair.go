// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// backdated is how long before now a certificate begins, for readers whose clocks are behind.
const backdated = 5 * time.Minute

// pair is a certificate and its key, and both as they are stored.
type pair struct {
	cert            *x509.Certificate
	key             crypto.Signer
	certPEM, keyPEM []byte
	intermediates   []*x509.Certificate // Those that follow cert in certPEM; ours has none.
}

// readPair returns the pair, or why it is none: it can't be read, or the key is another's.
func readPair(certPEM, keyPEM []byte) (*pair, error) {
	read, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, err
	}
	key, ok := read.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%T is not a key that signs", read.PrivateKey)
	}
	p := &pair{cert: read.Leaf, key: key, certPEM: certPEM, keyPEM: keyPEM}
	for _, der := range read.Certificate[1:] {
		intermediate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		p.intermediates = append(p.intermediates, intermediate)
	}
	return p, nil
}

// newAuthority returns a CA that is valid from now on. Its name tells it from earlier ones.
func newAuthority(now time.Time, lifetime time.Duration) (*pair, error) {
	return newPair(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "tenancy-ca " + now.UTC().Format("2006-01-02T15:04:05.000Z07:00")},
		NotBefore:             now.Add(-backdated),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}, nil)
}

// newServing returns a certificate to serve with under these names, which the CA outlives.
func newServing(names []string, now time.Time, lifetime time.Duration, ca *pair) (*pair, error) {
	end := now.Add(lifetime)
	if end.After(ca.cert.NotAfter) {
		end = ca.cert.NotAfter
	}
	return newPair(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "tenancy-apiserver"},
		DNSNames:              names,
		NotBefore:             now.Add(-backdated),
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}, ca)
}

// newPair makes a key, and a certificate of it that the CA signs; with none it signs itself.
func newPair(template *x509.Certificate, ca *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, fmt.Errorf("draw a serial number: %w", err)
	}
	if ca == nil {
		ca = &pair{cert: template, key: key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate %q: %w", template.Subject.CommonName, err)
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key of certificate %q: %w", template.Subject.CommonName, err)
	}
	return readPair(pem.EncodeToMemory(&pem.Block{Type: certutil.CertificateBlockType, Bytes: der}), keyPEM)
}

// issued is when a certificate of ours was made, or up to a second before: it holds whole seconds.
func issued(cert *x509.Certificate) time.Time { return cert.NotBefore.Add(backdated) }

// renewal is when a certificate is to be replaced: after two thirds of its life.
func renewal(cert *x509.Certificate) time.Time {
	return issued(cert).Add(cert.NotAfter.Sub(issued(cert)) / 3 * 2)
}

// due tells whether a certificate is to be replaced, because of its age or because it lives for longer than is wanted by now.
func due(cert *x509.Certificate, now time.Time, lifetime time.Duration) bool {
	return !now.Before(renewal(cert)) || cert.NotAfter.Sub(issued(cert)) > lifetime+time.Second
}

// valid tells whether now is within the certificate's life.
func valid(cert *x509.Certificate, now time.Time) bool {
	return !now.Before(cert.NotBefore) && !now.After(cert.NotAfter)
}

// unexpired returns those of the certificates that are valid now or later.
func unexpired(certs []*x509.Certificate, now time.Time) []*x509.Certificate {
	return slices.DeleteFunc(certs, func(cert *x509.Certificate) bool { return now.After(cert.NotAfter) })
}

func has(certs []*x509.Certificate, cert *x509.Certificate) bool {
	return slices.ContainsFunc(certs, cert.Equal)
}

// readBundle returns the certificates of a bundle; nil for one that is empty or can't be read.
func readBundle(bundle []byte) []*x509.Certificate {
	certs, err := certutil.ParseCertsPEM(bundle)
	if err != nil {
		return nil
	}
	return certs
}

// writeBundle returns the certificates one after the other.
func writeBundle(certs []*x509.Certificate) []byte {
	var bundle bytes.Buffer
	for _, cert := range certs {
		bundle.Write(pem.EncodeToMemory(&pem.Block{Type: certutil.CertificateBlockType, Bytes: cert.Raw}))
	}
	return bundle.Bytes()
}
