// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/client-go/util/keyutil"
)

const (
	// issuerURL names the issuer in tokens. Nothing listens there: the issuer's port is
	// another one after each start, and tokens are to outlive that.
	issuerURL = "https://tenancy.localhost"
	// audience is whom the tokens are for.
	audience = "tenancy-local"
)

// idTokenKey is the file, in the directory of the certificates, with the key that signs ID tokens.
const idTokenKey = "id-token.key"

// issuer is the cluster's development OIDC issuer. It publishes what it takes to verify
// ID tokens, as kube-apiserver asks for it, and nothing else: there is no page
// to log in at and no password. Who may read the cluster's directory may sign
// tokens with the key in it, which is what Login does.
type issuer struct {
	server *http.Server
	url    string // Of this start.
}

// startIssuer starts the issuer for tokens signed with key, on a free port. Failed is
// told if it stops serving before it is closed.
func startIssuer(key *ecdsa.PrivateKey, serving *keyPair, failed func(error)) (*issuer, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return nil, fmt.Errorf("starting the OIDC issuer: %w", err)
	}
	i := &issuer{url: "https://" + listener.Addr().String()}
	handler, err := i.handler(key)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	i.server = &http.Server{
		Handler:           handler,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{serving.tls()}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // It tells of connections that went wrong, and their other ends know.
	}
	go func() {
		if err := i.server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			failed(fmt.Errorf("the OIDC issuer at %s: %w", i.url, err))
		}
	}()
	return i, nil
}

// close ends the issuer.
func (i *issuer) close() error { return i.server.Close() }

// discoveryURL returns where the discovery document is.
func (i *issuer) discoveryURL() string { return i.url + "/.well-known/openid-configuration" }

// handler serves the discovery document and the key. Their fields are those of OpenID Connect
// Discovery 1.0 and of RFC 7518, section 6.2.
func (i *issuer) handler(key *ecdsa.PrivateKey) (http.Handler, error) {
	point, err := key.PublicKey.Bytes() // 4, X and Y.
	if err != nil {
		return nil, fmt.Errorf("encoding the public key of the OIDC issuer: %w", err)
	}
	x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
	mux := http.NewServeMux()
	for path, document := range map[string]any{
		"/.well-known/openid-configuration": map[string]any{
			"issuer":                                issuerURL,
			"jwks_uri":                              i.url + "/keys",
			"response_types_supported":              []string{"id_token"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{jwt.SigningMethodES256.Alg()},
		},
		"/keys": map[string]any{"keys": []map[string]string{{
			"kty": "EC", "use": "sig", "alg": jwt.SigningMethodES256.Alg(), "crv": key.Params().Name,
			"x": base64.RawURLEncoding.EncodeToString(x), "y": base64.RawURLEncoding.EncodeToString(y),
		}}},
	} {
		body, err := json.Marshal(document)
		if err != nil {
			return nil, fmt.Errorf("encoding %s of the OIDC issuer: %w", path, err)
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body) // Who hung up knows.
		})
	}
	return mux, nil
}

// loadIDTokenKey reads the key that signs ID tokens from the directory of the
// certificates. The error satisfies os.IsNotExist when there is none.
func loadIDTokenKey(dir string) (*ecdsa.PrivateKey, error) {
	path := filepath.Join(dir, idTokenKey)
	loaded, err := keyutil.PrivateKeyFromFile(path)
	if err != nil {
		return nil, err
	}
	key, ok := loaded.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%s: want an ECDSA key of P-256, have %T (remove the file to have a new one made)", path, loaded)
	}
	return key, nil
}

// makeIDTokenKey makes a key that signs ID tokens, for loadIDTokenKey to find.
func makeIDTokenKey(dir string) (*ecdsa.PrivateKey, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	encoded, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the key of the OIDC issuer: %w", err)
	}
	return key, writeFile(filepath.Join(dir, idTokenKey), encoded)
}

// writeAuthentication writes the file that makes kube-apiserver believe the issuer.
func (c *Cluster) writeAuthentication() error {
	data, err := fillIn("authentication.yaml", struct{ Issuer, Discovery, CertificateAuthority, Audience string }{
		issuerURL, c.issuer.discoveryURL(), string(c.certs.issuer.certPEM), audience,
	})
	if err != nil {
		return err
	}
	return writeFile(c.authenticationPath(), data)
}

func (c *Cluster) authenticationPath() string {
	return filepath.Join(c.options.Dir, "pki", "authentication.yaml")
}
