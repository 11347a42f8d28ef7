// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
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
	"spectrocloud.com/tenancy/registry/rest"
)

// soon is how long what takes a moment may take.
const soon = 30 * time.Second

// root may do everything, for the authorizer says so.
var root = &user.DefaultInfo{Name: "root", Groups: []string{"roots"}}

// member is someone in the groups, and in what everyone is in.
func member(groups ...string) user.Info {
	return &user.DefaultInfo{Name: "someone", Groups: append([]string{"system:authenticated"}, groups...)}
}

// server is the stores of Tenants and Projects of a tenancy-apiserver, without the HTTP in front of them.
type server struct {
	tenants, projects           registryrest.StandardStorage
	tenantStatus, projectStatus registryrest.Patcher
	tenantUsage, projectUsage   registryrest.Getter
	// reviews counts what was asked about listall.
	reviews atomic.Int64
	// broken is what the authorizer answers, if not nil.
	broken error
}

// authorize allows root everything.
func (s *server) authorize(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	if asked.GetVerb() == "listall" {
		s.reviews.Add(1)
	}
	if s.broken == nil && asked.GetUser().GetName() == root.Name && asked.GetNamespace() == "" {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", s.broken
}

// newServer makes the stores, on an etcd of their own, and Tenant acme, which root manages.
func newServer(t *testing.T) *server {
	t.Helper()
	embedded, err := storage.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, embedded.Close()) })
	etcd := options.NewEtcdOptions(storagebackend.NewDefaultConfig("/tenancy", apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)))
	etcd.StorageConfig.Transport.ServerList = []string{embedded.Endpoint}
	etcd.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	resources := serverstorage.NewResourceConfig()
	resources.EnableVersions(v1alpha1.SchemeGroupVersion)
	factory := serverstorage.NewDefaultStorageFactory(etcd.StorageConfig, etcd.DefaultStorageMediaType, apiserver.Codecs,
		serverstorage.NewDefaultResourceEncodingConfig(apiserver.Scheme), resources, nil)
	backend, err := embedded.NewBackend(etcd.StorageConfig)
	require.NoError(t, err)
	s := &server{}
	ledger := quota.NewLedger(backend, "/tenancy", authorizer.AuthorizerFunc(s.authorize), apiserver.DefaultSystemNamespace)
	group, err := rest.StorageProvider{
		Scheme:     apiserver.Scheme,
		Codecs:     apiserver.Codecs,
		Options:    &options.StorageFactoryRestOptionsFactory{Options: *etcd, StorageFactory: factory},
		Backend:    backend,
		Ledger:     ledger,
		Namespaces: validation.Namespaces{System: apiserver.DefaultSystemNamespace},
		Authorizer: authorizer.AuthorizerFunc(s.authorize),
	}.NewAPIGroup()
	require.NoError(t, err)
	stores := group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version]
	s.tenants = stores["tenants"].(registryrest.StandardStorage)
	s.projects = stores["projects"].(registryrest.StandardStorage)
	s.tenantStatus = stores["tenants/status"].(registryrest.Patcher)
	s.projectStatus = stores["projects/status"].(registryrest.Patcher)
	s.tenantUsage = stores["tenants/gpuusage"].(registryrest.Getter)
	s.projectUsage = stores["projects/gpuusage"].(registryrest.Getter)
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
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		for _, store := range []registryrest.StandardStorage{s.tenants, s.projects} {
			require.NoError(t, store.(interface{ ReadinessCheck() error }).ReadinessCheck())
		}
	}, soon, time.Millisecond)
	s.addTenant(t, "acme", "roots")
	return s
}

// as is the context of a request by who for a resource, in namespace if it is not empty.
func as(ctx context.Context, who user.Info, resource, namespace string) context.Context {
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{IsResourceRequest: true, APIGroup: spectrocloud.GroupName,
		APIVersion: v1alpha1.SchemeGroupVersion.Version, Resource: resource, Namespace: namespace})
	return request.WithUser(request.WithNamespace(ctx, namespace), who)
}

func (s *server) addTenant(t *testing.T, name string, groups ...string) {
	t.Helper()
	_, err := s.tenants.Create(as(t.Context(), root, "tenants", ""), &spectrocloud.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       spectrocloud.TenantSpec{TenantRoleMapping: spectrocloud.TenantRoleMapping{Groups: groups}},
	}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)
}

// addProject adds a Project to Tenant acme that the groups view, labelled with the first letter of its name.
func (s *server) addProject(t *testing.T, name string, groups ...string) *spectrocloud.Project {
	t.Helper()
	created, err := s.projects.Create(as(t.Context(), root, "projects", name), &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name, Labels: map[string]string{"letter": name[:1]}},
		Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "acme"},
			RoleMapping: spectrocloud.RoleMapping{Viewer: groups}},
	}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)
	return created.(*spectrocloud.Project)
}

// show makes the groups the viewers of a Project.
func (s *server) show(t *testing.T, name string, groups ...string) *spectrocloud.Project {
	t.Helper()
	return update(t, as(t.Context(), root, "projects", name), s.projects, name,
		func(p *spectrocloud.Project) { p.Spec.RoleMapping.Viewer = groups })
}

func update[T runtime.Object](t *testing.T, ctx context.Context, store registryrest.Updater, name string, change func(T)) T {
	t.Helper()
	changed, _, err := store.Update(ctx, name, changing(change), registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc,
		false, &metav1.UpdateOptions{})
	require.NoError(t, err)
	return changed.(T)
}

// changing is a PATCH of whatever is there.
func changing[T runtime.Object](change func(T)) registryrest.UpdatedObjectInfo {
	return registryrest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		obj := old.DeepCopyObject().(T)
		change(obj)
		return obj, nil
	})
}

// page is what a list answered.
type page struct {
	metav1.ListInterface
	names []string
}

// list lists Projects of all namespaces.
func (s *server) list(t *testing.T, who user.Info, options metainternalversion.ListOptions) page {
	t.Helper()
	return s.listIn(t, as(t.Context(), who, "projects", ""), s.projects, options)
}

func (s *server) listIn(t *testing.T, ctx context.Context, store registryrest.Lister, options metainternalversion.ListOptions) page {
	t.Helper()
	list, err := store.List(ctx, &options)
	require.NoError(t, err)
	metadata, err := meta.ListAccessor(list)
	require.NoError(t, err)
	p := page{metadata, []string{}}
	require.NoError(t, meta.EachListItem(list, func(obj runtime.Object) error {
		p.names = append(p.names, obj.(metav1.Object).GetName())
		return nil
	}))
	return p
}
