// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"net/http"
	"strings"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
)

// waitForCallers keeps the server from answering, and from being ready, until it has read the certificate authority of
// kube-apiserver's front proxy. Upstream listens before, and takes whoever comes in that moment for anonymous: a 403,
// which no client tries again. A 503 with Retry-After is tried again.
func waitForCallers(config *genericapiserver.Config) {
	proxy := config.Authentication.RequestHeaderConfig
	if proxy == nil {
		return
	}
	known := func() bool { return len(proxy.CAContentProvider.CurrentCABundleContent()) > 0 }
	config.AddReadyzChecks(healthz.NamedCheck("front-proxy-ca", func(*http.Request) error {
		if !known() {
			return errors.New("the front proxy's certificate authority has not been read from ConfigMap kube-system/extension-apiserver-authentication")
		}
		return nil
	}))
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(apiHandler http.Handler, c *genericapiserver.Config) http.Handler {
		return refuseUntil(known, build(apiHandler, c))
	}
}

// refuseUntil answers 503 until known, but for health checks, which say why.
func refuseUntil(known func() bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		health := strings.HasPrefix(r.URL.Path, "/readyz") || strings.HasPrefix(r.URL.Path, "/livez") || strings.HasPrefix(r.URL.Path, "/healthz")
		if health || known() {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the server can't tell who is calling yet; try again", http.StatusServiceUnavailable)
	})
}
