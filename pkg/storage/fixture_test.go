// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"k8s.io/apimachinery/pkg/api/apitesting"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

var (
	scheme = runtime.NewScheme()
	codecs = serializer.NewCodecFactory(scheme)
	pods   = schema.GroupResource{Resource: "pods"}
)

func init() {
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	utilruntime.Must(example.AddToScheme(scheme))
	utilruntime.Must(examplev1.AddToScheme(scheme))
}

func newPod() runtime.Object     { return &example.Pod{} }
func newPodList() runtime.Object { return &example.PodList{} }

const (
	// cachedPrefix is the one that the suite expects in etcd below a watch cache; without one it expects none.
	cachedPrefix = "/registry"
	podPrefix    = "/pods/"
	valuePrefix  = "test!"
	sideKey      = "/ledger/side"
)

// options are how a fixture differs from the plain store.
type options struct {
	cached, guarded bool
	// inProcess reads and writes as a server does with the embedded etcd.
	inProcess bool
	// unsafe adds the deletion of objects that can't be read.
	unsafe bool
	// indexed gives the watch cache the indexes of Kubernetes' Pods, clusterScoped keys without a namespace.
	indexed, clusterScoped bool
	// progress makes etcd report progress each second.
	progress bool
	// decide guards the store, with one of the test's own.
	decide Decide
}

// fixture is a store of Pods on an etcd of its own, with a client that carries transactions.
type fixture struct {
	storage.Interface
	cached      bool
	client      *kubernetes.Client
	kv          *storagetesting.KVRecorder
	recorder    *storagetesting.KubernetesRecorder
	codec       *failingCodec
	transformer *swappedTransformer
}

func newFixture(t *testing.T, o options) *fixture {
	t.Helper()
	client := runEtcd(t, o)
	s := &fixture{
		cached:   o.cached,
		client:   client,
		kv:       client.KV.(*storagetesting.KVRecorder),
		recorder: client.Kubernetes.(*storagetesting.KubernetesRecorder),
		codec:    &failingCodec{Codec: apitesting.TestCodec(codecs, examplev1.SchemeGroupVersion)},
		transformer: &swappedTransformer{
			prefix: storagetesting.NewPrefixTransformer([]byte(valuePrefix), false),
		},
	}
	s.transformer.use(s.transformer.prefix)
	CarryTransactions(client)
	if o.guarded {
		o.decide = s.decideOnSide
	}
	compactor := etcd3.NewCompactor(client.Client, 0, clock.RealClock{}, nil)
	t.Cleanup(compactor.Stop)
	if o.cached {
		s.overCache(t, o, compactor)
	} else {
		s.overEtcd(t, o, compactor)
	}
	return s
}

// runEtcd starts an etcd that is quick to start and listens where no other test can be in its way, and returns a client of
// it that records as the suite wants. (The suite's own testserver starts one after the other, on all interfaces.)
func runEtcd(t *testing.T, o options) *kubernetes.Client {
	t.Helper()
	// The path of a socket must be short.
	dir, err := os.MkdirTemp("", "etcd")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	endpoint := url.URL{Scheme: "unix", Path: filepath.Join(dir, "client.sock")}
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "data")
	config.UnsafeNoFsync = true
	config.TickMs, config.ElectionMs = 10, 100
	config.ListenClientUrls, config.AdvertiseClientUrls, config.ListenPeerUrls = []url.URL{endpoint}, []url.URL{endpoint}, nil
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	if o.progress {
		config.WatchProgressNotifyInterval = time.Second
	}
	etcd, err := embed.StartEtcd(config)
	require.NoError(t, err)
	t.Cleanup(etcd.Close)
	<-etcd.Server.ReadyNotify()

	client, err := kubernetes.New(clientv3.Config{Endpoints: []string{endpoint.String()}, Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	if o.inProcess {
		(&Embedded{etcd: etcd}).connect(client.Client)
	}
	recorder := storagetesting.NewKubernetesRecorder(client.Kubernetes)
	client.KV, client.Kubernetes = storagetesting.NewKVRecorder(client.KV, recorder), recorder
	return client
}

func leases() etcd3.LeaseManagerConfig {
	config := etcd3.NewDefaultLeaseManagerConfig()
	config.ReuseDurationSeconds = 1
	return config
}

func (s *fixture) overEtcd(t *testing.T, o options, compactor etcd3.Compactor) {
	t.Helper()
	versioner := storage.APIObjectVersioner{}
	raw, err := etcd3.New(s.client, compactor, s.codec, newPod, newPodList, "", podPrefix, pods, s.transformer, leases(),
		etcd3.NewDefaultDecoder(s.codec, versioner), versioner)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	s.Interface = raw
	if o.unsafe {
		s.Interface = etcd3.NewStoreWithUnsafeCorruptObjectDeletion(s.Interface, pods)
	}
	if o.decide != nil {
		s.Interface = Guard(s.Interface, o.decide)
	}
}

// overCache is the store as the server has it.
func (s *fixture) overCache(t *testing.T, o options, compactor etcd3.Compactor) {
	t.Helper()
	key := func(obj runtime.Object) (string, error) { return storage.NamespaceKeyFunc(podPrefix, obj) }
	if o.clusterScoped {
		key = func(obj runtime.Object) (string, error) { return storage.NoNamespaceKeyFunc(podPrefix, obj) }
	}
	var triggers storage.IndexerFuncs
	indexers := &cache.Indexers{}
	if o.indexed {
		triggers = storage.IndexerFuncs{"spec.nodeName": func(obj runtime.Object) string { return obj.(*example.Pod).Spec.NodeName }}
		indexers = &cache.Indexers{
			storage.FieldIndex("spec.nodeName"):      func(obj any) ([]string, error) { return []string{obj.(*example.Pod).Spec.NodeName}, nil },
			storage.FieldIndex("metadata.namespace"): func(obj any) ([]string, error) { return []string{obj.(*example.Pod).Namespace}, nil },
		}
	}
	config := storagebackend.NewDefaultConfig(cachedPrefix, s.codec)
	config.Transformer, config.LeaseManagerConfig = s.transformer, leases()
	backend := &Backend{client: s.client, compactor: compactor, stop: func() {}}
	store, destroy, err := restOptions{backend: backend, decide: o.decide}.newStore(config.ForResource(pods), podPrefix, key, newPod, newPodList,
		podAttributes, triggers, indexers)
	require.NoError(t, err)
	t.Cleanup(destroy)
	require.Eventually(t, func() bool { return store.ReadinessCheck() == nil }, 20*time.Second, time.Millisecond, "the watch cache is not ready")
	require.IsType(t, &cacher.CacheDelegator{}, store.(backed).Interface)
	s.Interface = store
}

func podAttributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	pod := obj.(*example.Pod)
	return pod.Labels, generic.AddObjectMetaFieldsSet(fields.Set{
		"spec.nodeName":      pod.Spec.NodeName,
		"spec.restartPolicy": string(pod.Spec.RestartPolicy),
		"status.phase":       string(pod.Status.Phase),
	}, &pod.ObjectMeta, true), nil
}

// decided counts the decisions of all guarded fixtures.
var decided atomic.Int64

// decideOnSide makes every write depend on a key beside the objects, and write it.
func (s *fixture) decideOnSide(ctx context.Context, _, _ runtime.Object) (*Transaction, error) {
	decided.Add(1)
	// The reads of a decision are not those that the suite counts.
	response, err := s.kv.KV.Get(ctx, sideKey)
	if err != nil {
		return nil, err
	}
	revision := int64(0)
	if len(response.Kvs) > 0 {
		revision = response.Kvs[0].ModRevision
	}
	return &Transaction{
		Guards: []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(sideKey), "=", revision)},
		Then:   []clientv3.Op{clientv3.OpPut(sideKey, fmt.Sprint(decided.Load()))},
	}, nil
}

// checkStored is the suite's look at what is in etcd.
func (s *fixture) checkStored(ctx context.Context, t *testing.T, key string) {
	t.Helper()
	if s.cached {
		key = cachedPrefix + key
	}
	response, err := s.kv.KV.Get(ctx, key)
	require.NoError(t, err)
	require.Len(t, response.Kvs, 1, key)
	obj, err := runtime.Decode(s.codec, response.Kvs[0].Value[len(valuePrefix):])
	require.NoError(t, err)
	assert.Empty(t, obj.(*example.Pod).ResourceVersion)
	assert.Empty(t, obj.(*example.Pod).GetSelfLink())
}

// checkReads is the suite's look at what a list cost: each object is read once, in pages that double in size.
func (s *fixture) checkReads(t *testing.T, pageSize, processed uint64) {
	t.Helper()
	if s.cached {
		return
	}
	assert.Equal(t, processed, s.transformer.prefix.GetReadsAndReset(), "objects read")
	pages := uint64(1)
	for covered, size := uint64(1), pageSize; pageSize > 0 && covered < processed; pages++ {
		size = min(2*size, 10000)
		covered += size
	}
	assert.Equal(t, pages, s.kv.GetReadsAndReset()+s.kv.GetStreamReadsAndReset(), "requests to etcd")
}

func (s *fixture) increaseRevision(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	response, err := s.client.KV.Put(ctx, "elsewhere", "")
	require.NoError(t, err)
	return response.Header.Revision
}

// compact compacts etcd as the compactor of another server would.
func (s *fixture) compact(ctx context.Context, t *testing.T, resourceVersion string) {
	t.Helper()
	revision, err := storage.APIObjectVersioner{}.ParseResourceVersion(resourceVersion)
	require.NoError(t, err)
	// Where another compaction came before, the first call only learns its version.
	version, _, compacted, err := etcd3.Compact(ctx, s.client.Client, 0, int64(revision))
	if err == nil && compacted != int64(revision) {
		_, _, _, err = etcd3.Compact(ctx, s.client.Client, version, int64(revision))
	}
	require.NoError(t, err)
	if utilfeature.DefaultFeatureGate.Enabled(features.ListFromCacheSnapshot) {
		// The watch cache looks every 15 seconds.
		require.Eventually(t, func() bool { return s.CompactRevision() == int64(revision) }, time.Minute, time.Millisecond)
	}
}

// settled lets a create return when the watch cache has it, too.
type settled struct{ storage.Interface }

func (s settled) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	if err := s.Interface.Create(ctx, key, obj, out, ttl); err != nil {
		return err
	}
	return s.Get(ctx, key, storage.GetOptions{ResourceVersion: out.(*example.Pod).ResourceVersion}, newPod())
}
