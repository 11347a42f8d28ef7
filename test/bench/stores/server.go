// SPDX-License-Identifier: Apache-2.0

package stores

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/endpoints/request"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/rest"
)

// Prefix is what all keys begin with, as tenancy-apiserver has it.
const Prefix = "/tenancy"

// Server is the stores of one tenancy-apiserver.
type Server struct {
	Tenants, Projects registryrest.StandardStorage
	Workloads         *kind.REST

	stop func() error
}

// Start assembles a server that has etcd in its own process, and returns when it is ready.
func Start(ctx context.Context, etcd *storage.Embedded) (*Server, error) {
	backend, err := etcd.NewBackend(etcdOptions(etcd.Endpoint).StorageConfig)
	if err != nil {
		return nil, err
	}
	return start(ctx, etcd.Endpoint, backend)
}

// StartOutside assembles a server as one that has etcd at endpoint, outside of its process, and returns when it is ready.
func StartOutside(ctx context.Context, endpoint string) (*Server, error) {
	backend, err := storage.NewBackend(etcdOptions(endpoint).StorageConfig)
	if err != nil {
		return nil, err
	}
	return start(ctx, endpoint, backend)
}

func start(ctx context.Context, endpoint string, backend *storage.Backend) (*Server, error) {
	ledger := quota.NewLedger(backend, Prefix, administrators, apiserver.DefaultSystemNamespace)
	group, err := rest.StorageProvider{
		Scheme:     apiserver.Scheme,
		Codecs:     apiserver.Codecs,
		Options:    RESTOptions(endpoint),
		Backend:    backend,
		Prefix:     Prefix,
		Ledger:     ledger,
		Namespaces: validation.Namespaces{System: apiserver.DefaultSystemNamespace},
		Authorizer: administrators,
	}.NewAPIGroup()
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	served := group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version]
	running, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { ledger.Run(running) })
	server := &Server{
		Tenants:   served["tenants"].(registryrest.StandardStorage),
		Projects:  served["projects"].(registryrest.StandardStorage),
		Workloads: served["aiworkloads"].(*kind.REST),
		stop: func() error {
			cancel()
			done.Wait()
			for _, version := range group.VersionedResourcesStorageMap {
				for _, store := range version {
					store.Destroy()
				}
			}
			return backend.Close()
		},
	}
	if err := server.wait(ctx, ledger); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// wait returns when the ledger and the watch cache of workloads are ready.
func (s *Server) wait(ctx context.Context, ledger *quota.Ledger) error {
	var last error
	if err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		last = errors.Join(ledger.Ready(), s.Workloads.ReadinessCheck())
		return last == nil, nil
	}); err != nil {
		return fmt.Errorf("the stores are not ready: %w: %w", err, last)
	}
	return nil
}

// Close ends the server.
func (s *Server) Close() error { return s.stop() }

// administrators is an authorizer that allows system:masters everything, and others nothing.
var administrators = authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)

func etcdOptions(endpoint string) *options.EtcdOptions {
	config := options.NewEtcdOptions(storagebackend.NewDefaultConfig(Prefix, apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)))
	config.StorageConfig.Transport.ServerList = []string{endpoint}
	config.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	return config
}

// RESTOptions are what Kubernetes itself makes stores with, on the etcd at endpoint.
func RESTOptions(endpoint string) *options.StorageFactoryRestOptionsFactory {
	config := etcdOptions(endpoint)
	resources := serverstorage.NewResourceConfig()
	resources.EnableVersions(v1alpha1.SchemeGroupVersion)
	return &options.StorageFactoryRestOptionsFactory{
		Options: *config,
		StorageFactory: serverstorage.NewDefaultStorageFactory(config.StorageConfig, config.DefaultStorageMediaType, apiserver.Codecs,
			apiserver.EncodingConfig(), resources, nil),
	}
}

// Request returns the context of an administrator's request for a resource, in namespace if it is not empty.
func Request(ctx context.Context, resource, namespace string) context.Context {
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{IsResourceRequest: true, APIGroup: spectrocloud.GroupName,
		APIVersion: v1alpha1.SchemeGroupVersion.Version, Resource: resource, Namespace: namespace})
	return request.WithUser(request.WithNamespace(ctx, namespace), &user.DefaultInfo{Name: "bench", Groups: []string{user.SystemPrivilegedGroup}})
}
