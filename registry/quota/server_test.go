// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
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
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
	"spectrocloud.com/tenancy/registry/rest"
)

const prefix = "/tenancy"

// denies is an authorizer that knows of no right at all.
var denies = authorizer.AuthorizerFunc(func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
	return authorizer.DecisionNoOpinion, "", nil
})

// ann manages every Tenant that the tests make, by its group.
var ann = &user.DefaultInfo{Name: "ann", Groups: []string{"acme-admins"}}

// startEtcd runs an etcd until the test ends, and checks its whole history then.
func startEtcd(t *testing.T) *clientv3.Client {
	t.Helper()
	client := startUncheckedEtcd(t)
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
		defer stop()
		require.NoError(t, quotatest.Check(ctx, client, prefix))
	})
	return client
}

// startUncheckedEtcd runs an etcd until the test ends, for a test that breaks what is in it.
func startUncheckedEtcd(t *testing.T) *clientv3.Client {
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

// server is all of a tenancy-apiserver's stores, without the HTTP in front of them.
type server struct {
	tenants, projects, pools, workloads, settings           registryrest.StandardStorage
	tenantStatus, projectStatus, poolStatus, workloadStatus registryrest.Patcher
	tenantUsage, projectUsage                               registryrest.Getter
	// dryRun is that of each request.
	dryRun []string
}

// dry is the same server, of which each request is a dry run.
func (s *server) dry() *server {
	dry := *s
	dry.dryRun = []string{metav1.DryRunAll}
	return &dry
}

// newServer makes the stores of one more server on the etcd of client.
func newServer(t *testing.T, client *clientv3.Client, authorizer authorizer.Authorizer) *server {
	t.Helper()
	etcd := options.NewEtcdOptions(storagebackend.NewDefaultConfig(prefix, apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)))
	etcd.StorageConfig.Transport.ServerList = client.Endpoints()
	// History is what the tests check.
	etcd.StorageConfig.CompactionInterval = 0
	etcd.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	etcd.DeleteCollectionWorkers = apiserver.NewOptions().Generic.Etcd.DeleteCollectionWorkers
	resources := serverstorage.NewResourceConfig()
	resources.EnableVersions(v1alpha1.SchemeGroupVersion)
	factory := serverstorage.NewDefaultStorageFactory(etcd.StorageConfig, etcd.DefaultStorageMediaType, apiserver.Codecs,
		apiserver.EncodingConfig(), resources, nil)

	backend, err := storage.NewBackend(etcd.StorageConfig)
	require.NoError(t, err)
	ledger := quota.NewLedger(backend, prefix, authorizer, apiserver.DefaultSystemNamespace)
	group, err := rest.StorageProvider{
		Scheme:     apiserver.Scheme,
		Codecs:     apiserver.Codecs,
		Options:    &options.StorageFactoryRestOptionsFactory{Options: *etcd, StorageFactory: factory},
		Backend:    backend,
		Prefix:     prefix,
		Ledger:     ledger,
		Namespaces: validation.Namespaces{System: apiserver.DefaultSystemNamespace},
		Authorizer: authorizer,
	}.NewAPIGroup()
	require.NoError(t, err)
	stores := group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version]
	s := &server{
		tenants:        stores["tenants"].(registryrest.StandardStorage),
		projects:       stores["projects"].(registryrest.StandardStorage),
		pools:          stores["computepools"].(registryrest.StandardStorage),
		workloads:      stores["aiworkloads"].(registryrest.StandardStorage),
		settings:       stores["settings"].(registryrest.StandardStorage),
		tenantStatus:   stores["tenants/status"].(registryrest.Patcher),
		projectStatus:  stores["projects/status"].(registryrest.Patcher),
		poolStatus:     stores["computepools/status"].(registryrest.Patcher),
		workloadStatus: stores["aiworkloads/status"].(registryrest.Patcher),
		tenantUsage:    stores["tenants/gpuusage"].(registryrest.Getter),
		projectUsage:   stores["projects/gpuusage"].(registryrest.Getter),
	}
	running, stop := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { ledger.Run(running) })
	t.Cleanup(func() {
		stop()
		run.Wait()
		for _, version := range group.VersionedResourcesStorageMap {
			for _, store := range version {
				store.Destroy()
			}
		}
		require.NoError(t, backend.Close())
	})
	return s
}

// as is the context of a request by who for a resource, in namespace if it is not empty.
func as(ctx context.Context, who user.Info, resource, subresource, namespace string) context.Context {
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{IsResourceRequest: true, APIGroup: spectrocloud.GroupName,
		APIVersion: v1alpha1.SchemeGroupVersion.Version, Resource: resource, Subresource: subresource, Namespace: namespace})
	return request.WithUser(request.WithNamespace(ctx, namespace), who)
}

func tenants(ctx context.Context) context.Context { return as(ctx, ann, "tenants", "", "") }

func projects(ctx context.Context, namespace string) context.Context {
	return as(ctx, ann, "projects", "", namespace)
}

type counts = spectrocloud.GPUCounts

// newTenant is a Tenant that ann manages.
func newTenant(name string, limits counts) *spectrocloud.Tenant {
	return &spectrocloud.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spectrocloud.TenantSpec{
		TenantRoleMapping: spectrocloud.TenantRoleMapping{Groups: []string{"acme-admins", "acme-sre"}},
		GPUResources:      spectrocloud.GPUResources{Limits: limits},
	}}
}

func newProject(name, tenant string, limits counts) *spectrocloud.Project {
	return &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name}, Spec: spectrocloud.ProjectSpec{
		TenantRef:    spectrocloud.TenantReference{Name: tenant},
		GPUResources: spectrocloud.GPUResources{Limits: limits},
	}}
}

func (s *server) createTenant(ctx context.Context, tenant *spectrocloud.Tenant) error {
	_, err := s.tenants.Create(tenants(ctx), tenant, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: s.dryRun})
	return err
}

func (s *server) createProject(ctx context.Context, project *spectrocloud.Project) error {
	_, err := s.projects.Create(projects(ctx, project.Namespace), project, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: s.dryRun})
	return err
}

func (s *server) getTenant(ctx context.Context, name string) (*spectrocloud.Tenant, error) {
	obj, err := s.tenants.Get(tenants(ctx), name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.Tenant), nil
}

func (s *server) getProject(ctx context.Context, name string) (*spectrocloud.Project, error) {
	obj, err := s.projects.Get(projects(ctx, name), name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.Project), nil
}

// update changes an object like a PATCH does: change is applied again whenever the object has changed meanwhile.
func update[T runtime.Object](ctx context.Context, store registryrest.Updater, name string, dryRun []string, change func(T)) error {
	_, err := updated(ctx, store, name, dryRun, change)
	return err
}

// updated is update, and returns the answer.
func updated[T runtime.Object](ctx context.Context, store registryrest.Updater, name string, dryRun []string, change func(T)) (T, error) {
	changed := registryrest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		obj := old.DeepCopyObject().(T)
		change(obj)
		return obj, nil
	})
	obj, _, err := store.Update(ctx, name, changed, registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, false,
		&metav1.UpdateOptions{DryRun: dryRun})
	if err != nil {
		var none T
		return none, err
	}
	return obj.(T), nil
}

func (s *server) updateTenant(ctx context.Context, name string, change func(*spectrocloud.Tenant)) error {
	return update(tenants(ctx), s.tenants, name, s.dryRun, change)
}

func (s *server) updateProject(ctx context.Context, name string, change func(*spectrocloud.Project)) error {
	return update(projects(ctx, name), s.projects, name, s.dryRun, change)
}

func (s *server) deleteTenant(ctx context.Context, name string) error {
	_, _, err := s.tenants.Delete(tenants(ctx), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: s.dryRun})
	return err
}

func (s *server) deleteProject(ctx context.Context, name string) error {
	_, _, err := s.projects.Delete(projects(ctx, name), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: s.dryRun})
	return err
}

func (s *server) reportTenant(ctx context.Context, name string, projects int32) error {
	return update(as(ctx, ann, "tenants", "status", ""), s.tenantStatus, name, s.dryRun, func(t *spectrocloud.Tenant) { t.Status.Projects = projects })
}

func (s *server) reportProject(ctx context.Context, name string, usage counts) error {
	return update(as(ctx, ann, "projects", "status", name), s.projectStatus, name, s.dryRun, func(p *spectrocloud.Project) { p.Status.GPUUsage = usage })
}

// finalizeTenant does what the controllers do last to a Tenant that is being deleted.
func (s *server) finalizeTenant(ctx context.Context, name string) error {
	return s.updateTenant(ctx, name, func(t *spectrocloud.Tenant) { t.Finalizers = nil })
}

func (s *server) finalizeProject(ctx context.Context, name string) error {
	return s.updateProject(ctx, name, func(p *spectrocloud.Project) { p.Finalizers = nil })
}

// keys are all keys and values in etcd.
func keys(t *testing.T, client *clientv3.Client) map[string]string {
	t.Helper()
	response, err := client.Get(t.Context(), "", clientv3.WithPrefix())
	require.NoError(t, err)
	held := map[string]string{}
	for _, kv := range response.Kvs {
		held[string(kv.Key)] = string(kv.Value)
	}
	return held
}

// modRevision is the revision that last wrote key.
func modRevision(t *testing.T, client *clientv3.Client, key string) int64 {
	t.Helper()
	response, err := client.Get(t.Context(), key)
	require.NoError(t, err)
	require.Len(t, response.Kvs, 1, "no key %s", key)
	return response.Kvs[0].ModRevision
}

// revision is etcd's latest.
func revision(t *testing.T, client *clientv3.Client) int64 {
	t.Helper()
	response, err := client.Get(t.Context(), "any")
	require.NoError(t, err)
	return response.Header.Revision
}
