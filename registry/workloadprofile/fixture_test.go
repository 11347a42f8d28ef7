// SPDX-License-Identifier: Apache-2.0

package workloadprofile_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1beta1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
	"spectrocloud.com/tenancy/registry/workloadprofile"
)

const (
	prefix    = "/tenancy"
	namespace = "web"
)

// startEtcd runs an etcd until the test ends.
func startEtcd(t *testing.T) *clientv3.Client {
	t.Helper()
	etcd, err := storage.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}, DialTimeout: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, client.Close())
		require.NoError(t, etcd.Close())
	})
	return client
}

// server is the store of WorkloadProfiles of one server.
type server struct{ *kind.REST }

// newServer makes the store of one more server on the etcd of client.
func newServer(t *testing.T, client *clientv3.Client) server {
	t.Helper()
	etcd := options.NewEtcdOptions(storagebackend.NewDefaultConfig(prefix, apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)))
	etcd.StorageConfig.Transport.ServerList = client.Endpoints()
	etcd.StorageConfig.CompactionInterval = 0
	etcd.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	resources := serverstorage.NewResourceConfig()
	resources.EnableVersions(v1beta1.SchemeGroupVersion)
	factory := serverstorage.NewDefaultStorageFactory(etcd.StorageConfig, etcd.DefaultStorageMediaType, apiserver.Codecs,
		apiserver.EncodingConfig(), resources, nil)
	backend, err := storage.NewBackend(etcd.StorageConfig)
	require.NoError(t, err)
	store, err := workloadprofile.NewREST(apiserver.Scheme, backend,
		&options.StorageFactoryRestOptionsFactory{Options: *etcd, StorageFactory: factory}, prefix)
	require.NoError(t, err)
	t.Cleanup(func() {
		store.Destroy()
		require.NoError(t, backend.Close())
	})
	return server{store}
}

// in is the context of a request for WorkloadProfiles.
func in(ctx context.Context) context.Context {
	return request.WithNamespace(request.WithRequestInfo(ctx, &request.RequestInfo{IsResourceRequest: true, APIGroup: spectrocloud.GroupName,
		APIVersion: "v1beta1", Resource: "workloadprofiles", Namespace: namespace}), namespace)
}

// profile is one that is a revision of another, if of is not empty.
func profile(name, of string) *spectrocloud.WorkloadProfile {
	profile := &spectrocloud.WorkloadProfile{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: spectrocloud.WorkloadProfileSpec{
		Type:     spectrocloud.WorkloadApplication,
		Workload: spectrocloud.WorkloadTemplate{Components: []spectrocloud.Component{{Name: "server", Type: "webservice"}}},
	}}
	if of != "" {
		profile.Spec.RevisionOf = &spectrocloud.ProfileReference{Name: of}
	}
	return profile
}

type status = spectrocloud.WorkloadProfileStatus

// create creates a profile and returns its place.
func (s server) create(ctx context.Context, name, of string, dryRun ...string) (status, error) {
	obj, err := s.Create(in(ctx), profile(name, of), registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
	if err != nil {
		return status{}, err
	}
	return obj.(*spectrocloud.WorkloadProfile).Status, nil
}

// creates is create for what has to be number n of a lineage.
func (s server) creates(t *testing.T, name, of, lineage string, n int64) {
	t.Helper()
	got, err := s.create(t.Context(), name, of)
	require.NoError(t, err)
	assert.Equal(t, status{Lineage: lineage, Revision: n}, got, name)
	stored, err := s.Get(in(t.Context()), name, &metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, got, stored.(*spectrocloud.WorkloadProfile).Status, "what was answered is what is stored")
}

func (s server) deletes(t *testing.T, name string, dryRun ...string) {
	t.Helper()
	_, _, err := s.Delete(in(t.Context()), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: dryRun})
	require.NoError(t, err)
}

// update changes a profile like a PATCH does.
func (s server) update(ctx context.Context, name string, change func(*spectrocloud.WorkloadProfile)) (*spectrocloud.WorkloadProfile, error) {
	changed := registryrest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		obj := old.DeepCopyObject().(*spectrocloud.WorkloadProfile)
		change(obj)
		return obj, nil
	})
	obj, _, err := s.Update(in(ctx), name, changed, registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.WorkloadProfile), nil
}

// records are what etcd holds of lineages, by name.
func records(t *testing.T, client *clientv3.Client) map[string]string {
	t.Helper()
	const under = prefix + "/revisions/" + namespace + "/"
	response, err := client.Get(t.Context(), under, clientv3.WithPrefix())
	require.NoError(t, err)
	held := map[string]string{}
	for _, kv := range response.Kvs {
		held[string(kv.Key)[len(under):]] = string(kv.Value)
	}
	return held
}

// written is etcd's latest revision.
func written(t *testing.T, client *clientv3.Client) int64 {
	t.Helper()
	response, err := client.Get(t.Context(), "any")
	require.NoError(t, err)
	return response.Header.Revision
}
