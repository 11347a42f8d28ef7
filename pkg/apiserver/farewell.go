// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net/http"

	genericapiserver "k8s.io/apiserver/pkg/server"
)

// sendCallersElsewhere has a server that was told to end close each connection after the next answer on it, while it
// still answers everyone (--shutdown-delay-duration). kube-apiserver keeps its connections for as long as they are open: it would
// use them until the moment that requests are refused, and passes such a refusal on to its caller.
func sendCallersElsewhere(config *genericapiserver.Config) {
	ending := config.ShutdownInitiatedNotify()
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(apiHandler http.Handler, c *genericapiserver.Config) http.Handler {
		next := build(apiHandler, c)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-ending:
				w.Header().Set("Connection", "close") // In HTTP/2, a GOAWAY: what is in flight is answered, watches go on.
			default:
			}
			next.ServeHTTP(w, r)
		})
	}
}
