// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"

	genericapiserver "k8s.io/apiserver/pkg/server"

	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/rest"
)

// Server is the API server.
type Server struct {
	Generic *genericapiserver.GenericAPIServer
	backend *storage.Backend
}

// New makes the server. Close it when it has run.
func (c *Config) New() (*Server, error) {
	generic, err := c.Generic.Complete().New("tenancy-apiserver", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, fmt.Errorf("making the generic API server: %w", err)
	}
	backend, err := storage.NewBackend(c.Storage)
	if err != nil {
		return nil, err
	}
	server := &Server{Generic: generic, backend: backend}
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
		Ledger:     quota.NewLedger(s.backend.KV(), c.Storage.Prefix, c.Generic.Authorization.Authorizer),
		Namespaces: c.Namespaces,
	}.NewAPIGroup()
	if err != nil {
		return err
	}
	if err := s.Generic.InstallAPIGroup(group); err != nil {
		return fmt.Errorf("installing API group %s: %w", group.PrioritizedVersions[0].Group, err)
	}
	return nil
}

// Close gives up the connection to etcd. The server must have ended.
func (s *Server) Close() error {
	s.Generic.Destroy()
	return s.backend.Close()
}
