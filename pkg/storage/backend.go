// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/apiserver/pkg/storage/value/encrypt/identity"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/tracing"
)

// The timings of kube-apiserver's etcd client.
const (
	dialTimeout      = 20 * time.Second
	keepaliveTime    = 30 * time.Second
	keepaliveTimeout = 10 * time.Second
)

// Backend is one etcd cluster, with the one client and compactor that the stores of all kinds share. (The generic
// factory, which can't be told to use another client, makes one of each per kind.)
type Backend struct {
	client     *kubernetes.Client
	newWatcher func() clientv3.Watcher
	compactor  etcd3.Compactor
	space      *spaceWatch
	stop       func()
}

// NewBackend connects to etcd as config says. It returns before the connection stands: whether it does shows in the
// server's readiness. Close it when all of its stores are destroyed.
func NewBackend(config storagebackend.Config) (*Backend, error) {
	return newBackend(config, func(client *clientv3.Client) func() clientv3.Watcher {
		return func() clientv3.Watcher { return clientv3.NewWatcher(client) }
	})
}

// newBackend is NewBackend, with the client as connect leaves it; connect returns what makes further watchers.
func newBackend(config storagebackend.Config, connect func(*clientv3.Client) func() clientv3.Watcher) (*Backend, error) {
	client, newWatcher, err := newClient(config.Transport, connect)
	if err != nil {
		return nil, fmt.Errorf("making a client for etcd at %v: %w", config.Transport.ServerList, err)
	}
	backend := &Backend{client: client, newWatcher: newWatcher, space: &spaceWatch{client: client.Client}, stop: func() {}}
	client.Kubernetes = answering{client.Kubernetes, backend.space}
	if config.CompactionInterval != 0 {
		compactor := etcd3.StartCompactorPerEndpoint(client.Client, config.CompactionInterval)
		backend.compactor, backend.stop = compactor, compactor.Stop
	}
	return backend, nil
}

// Close ends the compactor and the client.
func (b *Backend) Close() error {
	b.stop()
	return b.client.Close()
}

// KV reads and writes keys beside the objects.
func (b *Backend) KV() clientv3.KV { return b.client.KV }

// Watcher watches keys beside the objects, on a connection stream of its own, so that its progress depends on no other
// watch. Close it.
func (b *Backend) Watcher() clientv3.Watcher { return b.newWatcher() }

func newClient(config storagebackend.TransportConfig, connect func(*clientv3.Client) func() clientv3.Watcher) (*kubernetes.Client, func() clientv3.Watcher, error) {
	cfg, err := clientConfig(config)
	if err != nil {
		return nil, nil, err
	}
	client, err := kubernetes.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	newWatcher := connect(client.Client)
	client.KV = etcd3.NewETCDLatencyTracker(client.KV)
	CarryTransactions(client)
	return client, newWatcher, nil
}

func clientConfig(config storagebackend.TransportConfig) (clientv3.Config, error) {
	cfg := clientv3.Config{
		Endpoints:            config.ServerList,
		DialTimeout:          dialTimeout,
		DialKeepAliveTime:    keepaliveTime,
		DialKeepAliveTimeout: keepaliveTimeout,
		DialOptions: []grpc.DialOption{grpc.WithStatsHandler(otelgrpc.NewClientHandler(
			otelgrpc.WithPropagators(tracing.Propagators()),
			otelgrpc.WithTracerProvider(config.TracerProvider)))},
	}
	// The client speaks plain text where it is given no TLS configuration, an empty one included.
	if config.CertFile == "" && config.KeyFile == "" && config.TrustedCAFile == "" {
		return cfg, nil
	}
	info := transport.TLSInfo{CertFile: config.CertFile, KeyFile: config.KeyFile, TrustedCAFile: config.TrustedCAFile}
	var err error
	cfg.TLS, err = info.ClientConfig()
	return cfg, err
}

// RESTOptions returns getter with stores made on this backend and guarded by decide, which may be nil for a kind that
// depends on no other.
func (b *Backend) RESTOptions(getter generic.RESTOptionsGetter, decide Decide) generic.RESTOptionsGetter {
	return restOptions{backend: b, getter: getter, decide: decide}
}

type restOptions struct {
	backend *Backend
	getter  generic.RESTOptionsGetter
	decide  Decide
}

// GetRESTOptions implements generic.RESTOptionsGetter.
func (o restOptions) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options, err := o.getter.GetRESTOptions(resource, example)
	if err != nil {
		return generic.RESTOptions{}, err
	}
	options.Decorator = o.newStore
	return options, nil
}

// backed is a store that knows whether there is room in etcd, for Store.
type backed struct {
	storage.Interface
	space *spaceWatch
}

// newStore is a generic.StorageDecorator: an etcd3 store on the backend's client, guarded, below a watch cache.
func (o restOptions) newStore(
	config *storagebackend.ConfigForResource,
	resourcePrefix string,
	keyFunc func(obj runtime.Object) (string, error),
	newFunc, newListFunc func() runtime.Object,
	getAttrs storage.AttrFunc,
	triggers storage.IndexerFuncs,
	indexers *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	transformer := config.Transformer
	if transformer == nil {
		transformer = identity.NewEncryptCheckTransformer()
	}
	versioner := storage.APIObjectVersioner{}
	decoder := etcd3.NewDefaultDecoder(config.Codec, versioner)
	unsafeDeletes := utilfeature.DefaultFeatureGate.Enabled(features.AllowUnsafeMalformedObjectDeletion)
	if unsafeDeletes {
		transformer, decoder = etcd3.WithCorruptObjErrorHandlingTransformer(transformer), etcd3.WithCorruptObjErrorHandlingDecoder(decoder)
	}
	raw, err := etcd3.New(o.backend.client, o.backend.compactor, config.Codec, newFunc, newListFunc, config.Prefix, resourcePrefix,
		config.GroupResource, transformer, config.LeaseManagerConfig, decoder, versioner)
	if err != nil {
		return nil, nil, fmt.Errorf("making the store of %s: %w", config.GroupResource, err)
	}
	var store storage.Interface = raw
	if unsafeDeletes {
		store = etcd3.NewStoreWithUnsafeCorruptObjectDeletion(store, config.GroupResource)
	}
	if o.decide != nil {
		store = Guard(store, o.decide)
	}
	cached, err := cacher.NewCacherFromConfig(cacher.Config{
		Storage:             store,
		Versioner:           versioner,
		GroupResource:       config.GroupResource,
		EventsHistoryWindow: config.EventsHistoryWindow,
		ResourcePrefix:      resourcePrefix,
		KeyFunc:             keyFunc,
		NewFunc:             newFunc,
		NewListFunc:         newListFunc,
		GetAttrsFunc:        getAttrs,
		IndexerFuncs:        triggers,
		Indexers:            indexers,
		Codec:               config.Codec,
	})
	if err != nil {
		raw.Close()
		return nil, nil, fmt.Errorf("making the watch cache of %s: %w", config.GroupResource, err)
	}
	delegator := cacher.NewCacheDelegator(cached, store)
	// A kind and its subresources share a store, and each destroys it.
	return backed{delegator, o.backend.space}, sync.OnceFunc(func() {
		delegator.Stop()
		cached.Stop()
		raw.Close()
	}), nil
}
