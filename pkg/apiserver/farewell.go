// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// watchesEndWithin is how long the ends of watches are spread over, for each is begun anew elsewhere.
const watchesEndWithin = 5 * time.Second

// sendCallersElsewhere has a server that was told to end close each connection after the next answer on it, while it
// still answers everyone (--shutdown-delay-duration). kube-apiserver keeps its connections for as long as they are open: it would
// use them until the moment that requests are refused, and passes such a refusal on to its caller.
//
// Watches end at the beginning of that time. Upstream ends them when it is over: their connections, whose answers had begun
// long before, would then be taken for others' requests, and closed under them.
func sendCallersElsewhere(config *genericapiserver.Config) error {
	leaving, leave := context.WithCancel(context.Background())
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(apiHandler http.Handler, c *genericapiserver.Config) http.Handler {
		next := build(endWatches(apiHandler, leaving), c)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if leaving.Err() != nil {
				w.Header().Set("Connection", "close") // In HTTP/2, a GOAWAY: what is in flight is answered.
			}
			next.ServeHTTP(w, r)
		})
	}
	ending := config.ShutdownInitiatedNotify()
	return config.AddPostStartHook("farewell", func(hook genericapiserver.PostStartHookContext) error {
		go func() {
			defer leave()
			select {
			case <-ending:
			case <-hook.Done():
			}
		}()
		return nil
	})
}

// endWatches ends each watch soon after leaving.
func endWatches(next http.Handler, leaving context.Context) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if info, ok := request.RequestInfoFrom(r.Context()); !ok || info.Verb != "watch" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, end := context.WithCancel(r.Context())
		defer end()
		stop := context.AfterFunc(leaving, func() { time.AfterFunc(rand.N(watchesEndWithin), end) })
		defer stop()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
