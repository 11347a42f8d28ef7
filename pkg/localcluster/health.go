// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
)

// healthCheck asks a process whether it is ready to serve.
type healthCheck func(context.Context) error

// get returns a check that is content with status 200 from url. It connects anew
// each time, since the process behind a port changes; client may be nil.
func get(url string, roots *x509.CertPool, client *keyPair) healthCheck {
	config := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	if client != nil {
		config.Certificates = []tls.Certificate{client.tls()}
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s: %s", url, response.Status, body)
		}
		return nil
	}
}

// both returns a check that is content when first and second are.
func both(first, second healthCheck) healthCheck {
	return func(ctx context.Context) error {
		if err := first(ctx); err != nil {
			return err
		}
		return second(ctx)
	}
}
