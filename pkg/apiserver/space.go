// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"net/http"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"

	"spectrocloud.com/tenancy/pkg/storage"
)

const (
	// spaceCheck is what readiness calls the space in etcd.
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

// watchSpace looks how full etcd is as long as the server runs, and has readiness tell.
//
// A server that is not ready gets no requests, and then nobody can delete anything either. So scarce space shows to whoever
// asks for this check or for all of them by name (/readyz/etcd-space, /readyz?verbose), and not to a probe, which asks for the
// verdict (/readyz).
func (s *Server) watchSpace() error {
	if err := s.Generic.AddPostStartHook(spaceCheck, func(hook genericapiserver.PostStartHookContext) error {
		go s.backend.WatchSpace(hook)
		return nil
	}); err != nil {
		return err
	}
	return s.Generic.AddReadyzChecks(healthz.NamedCheck(spaceCheck, func(r *http.Request) error {
		if _, verbose := r.URL.Query()["verbose"]; r.URL.Path == "/readyz" && !verbose {
			return nil
		}
		return s.backend.CheckSpace()
	}))
}
