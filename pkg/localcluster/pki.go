// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	// leafLifetime and renewBefore keep a directory that is used now and then
	// free of expired certificates: they are looked at on every start.
	leafLifetime = 365 * 24 * time.Hour
	renewBefore  = 30 * 24 * time.Hour
)

// keyPair is a certificate and its private key, as they are, as PEM, and as
// files; what is not kept on disk has no files.
type keyPair struct {
	cert              *x509.Certificate
	key               crypto.Signer
	certPEM, keyPEM   []byte
	certFile, keyFile string
}

// tls returns the pair for use in a tls.Config.
func (p *keyPair) tls() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.cert.Raw}, PrivateKey: p.key, Leaf: p.cert}
}

// pool returns a pool that trusts this certificate alone.
func (p *keyPair) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.cert)
	return pool
}

// authority is a CA whose certificates live in a directory.
type authority struct {
	*keyPair
	dir string
}

// loadAuthority returns the CA called name in dir. It makes a new one when there
// is none, or when it expires within renewBefore; what the old one had signed
// is then replaced as well, since it no longer verifies.
func loadAuthority(dir, name string) (*authority, error) {
	pair, err := loadKeyPair(dir, name)
	if err == nil && pair.cert.IsCA && time.Until(pair.cert.NotAfter) > renewBefore {
		return &authority{pair, dir}, nil
	}
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	cert, err := certutil.NewSelfSignedCACert(certutil.Config{CommonName: name}, key)
	if err != nil {
		return nil, fmt.Errorf("making the certificate authority %s: %w", name, err)
	}
	if pair, err = newKeyPair(cert, key); err != nil {
		return nil, err
	}
	return &authority{pair, dir}, pair.write(dir, name)
}

// leaf returns the certificate called name, signed by a: the one on disk where it
// still says what cfg asks for, or a new one.
func (a *authority) leaf(name string, cfg certutil.Config) (*keyPair, error) {
	pair, err := loadKeyPair(a.dir, name)
	if err == nil && a.stillGood(pair.cert, cfg) {
		return pair, nil
	}
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if pair, err = a.sign(cfg, leafLifetime); err != nil {
		return nil, fmt.Errorf("making the certificate %s: %w", name, err)
	}
	return pair, pair.write(a.dir, name)
}

// stillGood reports whether cert is what leaf would issue for cfg, for another
// renewBefore at least.
func (a *authority) stillGood(cert *x509.Certificate, cfg certutil.Config) bool {
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: a.pool(), CurrentTime: time.Now().Add(renewBefore), KeyUsages: cfg.Usages,
	})
	return err == nil &&
		cert.Subject.CommonName == cfg.CommonName &&
		slices.Equal(cert.Subject.Organization, cfg.Organization) &&
		slices.Equal(cert.ExtKeyUsage, cfg.Usages) &&
		slices.Equal(cert.DNSNames, cfg.AltNames.DNSNames) &&
		slices.EqualFunc(cert.IPAddresses, cfg.AltNames.IPs, net.IP.Equal)
}

// sign issues a certificate for a new key. Neither is written to disk.
func (a *authority) sign(cfg certutil.Config, lifetime time.Duration) (*keyPair, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("drawing a serial number: %w", err)
	}
	now := time.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: cfg.CommonName, Organization: cfg.Organization},
		DNSNames:              cfg.AltNames.DNSNames,
		IPAddresses:           cfg.AltNames.IPs,
		NotBefore:             now.Add(-5 * time.Minute), // A clock that is put back a little must not lock anyone out.
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           cfg.Usages,
		BasicConstraintsValid: true,
	}, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("signing %q with %q: %w", cfg.CommonName, a.cert.Subject.CommonName, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading what was signed for %q: %w", cfg.CommonName, err)
	}
	return newKeyPair(cert, key)
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func newKeyPair(cert *x509.Certificate, key crypto.Signer) (*keyPair, error) {
	certPEM, err := certutil.EncodeCertificates(cert)
	if err != nil {
		return nil, fmt.Errorf("encoding the certificate of %q: %w", cert.Subject.CommonName, err)
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the key of %q: %w", cert.Subject.CommonName, err)
	}
	return &keyPair{cert: cert, key: key, certPEM: certPEM, keyPEM: keyPEM}, nil
}

// loadKeyPair reads name.crt and name.key. The error satisfies os.IsNotExist when
// either is missing, or when they don't belong together: a start that was killed
// between writing the two leaves such a pair, and nothing is lost by a new one.
func loadKeyPair(dir, name string) (*keyPair, error) {
	pair := &keyPair{}
	pair.locate(dir, name)
	var err error
	if pair.certPEM, err = os.ReadFile(pair.certFile); err != nil {
		return nil, err
	}
	if pair.keyPEM, err = os.ReadFile(pair.keyFile); err != nil {
		return nil, err
	}
	certs, err := certutil.ParseCertsPEM(pair.certPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (remove the file to have a new one made)", pair.certFile, err)
	}
	key, err := keyutil.ParsePrivateKeyPEM(pair.keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (remove the file to have a new one made)", pair.keyFile, err)
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s: want an ECDSA key, have %T (remove the file to have a new one made)", pair.keyFile, key)
	}
	if !signer.PublicKey.Equal(certs[0].PublicKey) {
		return nil, &os.PathError{Op: "match", Path: pair.certFile, Err: os.ErrNotExist}
	}
	pair.cert, pair.key = certs[0], signer
	return pair, nil
}

// locate says where the pair is kept.
func (p *keyPair) locate(dir, name string) {
	p.certFile, p.keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
}

// write stores the pair, each file readable by its owner alone.
func (p *keyPair) write(dir, name string) error {
	p.locate(dir, name)
	if err := writeFile(p.keyFile, p.keyPEM); err != nil {
		return err
	}
	return writeFile(p.certFile, p.certPEM)
}

// writeFile puts data in the place of path in one step, readable by its owner
// alone: a reader sees the old contents or the new ones.
func writeFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // Made with mode 0600.
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // Gone already when all went well.
	_, err = file.Write(data)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Rename(file.Name(), path)
}
