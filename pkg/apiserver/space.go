// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"net/http"

	genericapiserver "k8s.io/apiserver/pkg/server"

	"spectrocloud.com/tenancy/pkg/storage"
)

const (
	// spaceCheck is what health checks call the space in etcd.
	spaceCheck = "etcd-space"
	// minQuotaBytes is the smallest quota of the embedded etcd with which a server starts.
	minQuotaBytes = 16 << 20
	// defaultQuotaBytes is what etcd itself has for a quota.
	defaultQuotaBytes = 2 << 30
	// defaultDefragmentFreeBytes is free after a lot has been deleted. No more than that has to be copied at first.
	defaultDefragmentFreeBytes = 128 << 20
)

// validateSpace says what is wrong with the limits of the embedded etcd.
func validateSpace(o storage.EmbeddedOptions) []error {
	var errs []error
	if o.QuotaBytes < minQuotaBytes || o.QuotaBytes > storage.MaxQuotaBytes {
		errs = append(errs, fmt.Errorf("--etcd-quota-backend-bytes is %d: want from %d to %d", o.QuotaBytes, minQuotaBytes, int64(storage.MaxQuotaBytes)))
	}
	if o.DefragmentFreeBytes < 0 {
		errs = append(errs, fmt.Errorf("--etcd-defragment-free-bytes is %d: want 0 for never, or more", o.DefragmentFreeBytes))
	}
	return errs
}

// watchSpace looks how full etcd is as long as the server runs, and answers /readyz/etcd-space.
//
// It is none of the checks that readiness consists of: a server that is not ready gets no requests, and then nobody can delete
// anything either.
func (s *Server) watchSpace() error {
	s.Generic.Handler.NonGoRestfulMux.HandleFunc("/readyz/"+spaceCheck, func(w http.ResponseWriter, _ *http.Request) {
		if err := s.backend.CheckSpace(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, "ok")
	})
	return s.Generic.AddPostStartHook(spaceCheck, func(hook genericapiserver.PostStartHookContext) error {
		go s.backend.WatchSpace(hook)
		return nil
	})
}

// warnOfSpace adds to what /readyz?verbose tells of the checks that space is scarce. Like theirs, the reason is for those who may
// ask for it by name; everybody may ask here.
func warnOfSpace(config *genericapiserver.Config, check func() error) {
	build := config.BuildHandlerChainFunc
	config.BuildHandlerChainFunc = func(apiHandler http.Handler, c *genericapiserver.Config) http.Handler {
		return build(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			apiHandler.ServeHTTP(w, r)
			if r.URL.Path == "/readyz" && r.URL.Query().Has("verbose") && check() != nil {
				fmt.Fprintf(w, "warn: %s failed, which readiness does not depend on: reason withheld, see /readyz/%[1]s\n", spaceCheck)
			}
		}), c)
	}
}
