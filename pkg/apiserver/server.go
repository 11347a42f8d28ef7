// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"
	"net/http"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"

	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/rest"
)

// ledgerHook is what health checks call the ledger.
const ledgerHook = "gpu-ledger"

// Server is the API server.
type Server struct {
	Generic *genericapiserver.GenericAPIServer
	backend *storage.Backend
	ledger  *quota.Ledger
}

// New makes the server. Close it when it has run.
func (c *Config) New() (*Server, error) {
	server := &Server{}
	warnOfSpace(&c.Generic.Config, func() error { return server.backend.CheckSpace() })
	var err error
	if server.Generic, err = c.Generic.Complete().New("tenancy-apiserver", genericapiserver.NewEmptyDelegate()); err != nil {
		return nil, fmt.Errorf("making the generic API server: %w", err)
	}
	connect := storage.NewBackend
	if c.Etcd != nil {
		connect = c.Etcd.NewBackend
	}
	if server.backend, err = connect(c.Storage); err != nil {
		return nil, err
	}
	server.ledger = quota.NewLedger(server.backend, c.Storage.Prefix, c.Generic.Authorization.Authorizer, c.Namespaces.System)
	c.claims.claimed = server.ledger.Claimed
	if err := server.install(c); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

func (s *Server) install(c *Config) error {
	group, err := rest.StorageProvider{
		Scheme:     Scheme,
		Codecs:     Codecs,
		Options:    c.Generic.RESTOptionsGetter,
		Backend:    s.backend,
		Prefix:     c.Storage.Prefix,
		Ledger:     s.ledger,
		Namespaces: c.Namespaces,
		Authorizer: c.Generic.Authorization.Authorizer,
	}.NewAPIGroup()
	if err != nil {
		return err
	}
	if err := s.Generic.InstallAPIGroup(group); err != nil {
		return fmt.Errorf("installing API group %s: %w", group.PrioritizedVersions[0].Group, err)
	}
	if err := s.watchSpace(); err != nil {
		return err
	}
	return s.runLedger()
}

// runLedger keeps the ledger running as long as the server, which is not ready before the ledger is.
func (s *Server) runLedger() error {
	if err := s.Generic.AddPostStartHook(ledgerHook, func(hook genericapiserver.PostStartHookContext) error {
		go s.ledger.Run(hook)
		return nil
	}); err != nil {
		return err
	}
	return s.Generic.AddReadyzChecks(healthz.NamedCheck(ledgerHook, func(*http.Request) error { return s.ledger.Ready() }))
}

// Close gives up the connection to etcd. The server must have ended.
func (s *Server) Close() error {
	s.Generic.Destroy()
	return s.backend.Close()
}
