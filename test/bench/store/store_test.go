// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"go.uber.org/zap"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/value/encrypt/identity"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

const (
	tenantName = "bench"
	group      = "oidc:bench-tenant"
	// floor is the least that the rate of the guarded store, divided by the plain one's, may be in the median round. A create
	// with a ledger read costs two round trips to etcd, one of which waits for the disk.
	floor = 0.25
)

// BenchmarkCreate prints how creates of Projects fare in three stores: the guarded one that the server has; one whose
// writes carry as many guards and puts, for which nothing was read; and the plain one, on a client of its own. So the
// first against the second is the price of the read, the second against the third that of a bigger transaction.
func BenchmarkCreate(b *testing.B) {
	etcd, err := storage.StartEmbedded(b.Context(), b.TempDir())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, etcd.Close()) })

	carrying := newClient(b, etcd)
	storage.CarryTransactions(carrying)
	ledger := newLedger(b, etcd)
	createTenant(b, storage.Guard(newStore(b, carrying, "/guarded", "tenants",
		func() runtime.Object { return &spectrocloud.Tenant{} }, func() runtime.Object { return &spectrocloud.TenantList{} }), ledger.DecideTenant))
	peers := []rounds.Peer{
		creator("guarded", storage.Guard(newProjects(b, carrying, "/guarded"), ledger.DecideProject)),
		creator("no read", storage.Guard(newProjects(b, carrying, "/unread"), decideUnread)),
		creator("plain", newProjects(b, newClient(b, etcd), "/plain")),
	}
	for _, settings := range []rounds.Settings{
		{Rounds: 9, Operations: 300, Clients: 1},
		{Rounds: 9, Operations: 3000, Clients: 64},
	} {
		b.Run(fmt.Sprint(settings.Clients), func(b *testing.B) {
			results, err := rounds.Measure(b.Context(), peers, settings)
			require.NoError(b, err)
			require.NoError(b, rounds.Write(os.Stdout, fmt.Sprintf("store create, %d×", settings.Clients), results))
			for _, peer := range results[1:] {
				ratio, _ := rounds.Ratio(results[0], peer)
				b.ReportMetric(ratio, "guarded/"+strings.ReplaceAll(peer.Name, " ", "-"))
				if ratio < floor {
					b.Errorf("creates through the guarded store have %.2f times the rate of %s in the median round: want %v or more", ratio, peer.Name, floor)
				}
			}
		})
	}
}

// newLedger returns a ledger that decides on Tenants and Projects, which it need not run for.
func newLedger(b *testing.B, etcd *storage.Embedded) *quota.Ledger {
	b.Helper()
	backend, err := storage.NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, backend.Close()) })
	// The caller is in the Tenant's group: no authorizer is asked.
	return quota.NewLedger(backend, "/guarded", nil, apiserver.DefaultSystemNamespace)
}

// decideUnread has every create carry what DecideProject has it carry, in size.
func decideUnread(_ context.Context, _, updated runtime.Object) (*storage.Transaction, error) {
	name := updated.(*spectrocloud.Project).Name
	claim, project := "/unread/ledger/claims/"+name, "/unread/ledger/projects/"+tenantName+"/"+name
	return &storage.Transaction{
		Guards: []clientv3.Cmp{
			clientv3.Compare(clientv3.ModRevision("/unread/ledger/tenants/"+tenantName), "=", 0),
			clientv3.Compare(clientv3.ModRevision(claim), "=", 0),
		},
		Then: []clientv3.Op{
			clientv3.OpPut(claim, `{"kind":"Project","name":"bench-000000","uid":"00000000-0000-0000-0000-000000000000"}`),
			clientv3.OpPut(project, `{"uid":"00000000-0000-0000-0000-000000000000","gpus":{"limits":{"NVIDIA-A100":4,"NVIDIA-H100":8}}}`),
		},
	}, nil
}

// creator creates one Project after another, as a server does for a member of the Tenant's group.
func creator(name string, store apistorage.Interface) rounds.Peer {
	var next atomic.Int64
	return rounds.Peer{Name: name, Operation: func(ctx context.Context) error {
		ctx = request.WithUser(ctx, &user.DefaultInfo{Name: "bench", Groups: []string{user.AllAuthenticated, group}})
		project := newProject(fmt.Sprintf("bench-%06d", next.Add(1)))
		return store.Create(ctx, "/projects/"+project.Namespace+"/"+project.Name, project, &spectrocloud.Project{}, 0)
	}}
}

func newProject(name string) *spectrocloud.Project {
	groups := []string{"oidc:bench-00", "oidc:bench-01", "oidc:bench-02", "oidc:bench-03", "oidc:bench-04"}
	return &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name, UID: uuid.NewUUID(), CreationTimestamp: metav1.Now()},
		Spec: spectrocloud.ProjectSpec{
			DisplayName:  "A Project of the benchmark",
			TenantRef:    spectrocloud.TenantReference{Name: tenantName},
			RoleMapping:  spectrocloud.RoleMapping{Viewer: groups, Editor: groups, Admin: groups},
			GPUResources: spectrocloud.GPUResources{Limits: spectrocloud.GPUCounts{"NVIDIA-A100": 4, "NVIDIA-H100": 8}},
		},
	}
}

func createTenant(b *testing.B, store apistorage.Interface) {
	b.Helper()
	tenant := &spectrocloud.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: tenantName, UID: uuid.NewUUID()},
		Spec: spectrocloud.TenantSpec{
			TenantRoleMapping: spectrocloud.TenantRoleMapping{Groups: []string{group}},
			GPUResources:      spectrocloud.GPUResources{Limits: spectrocloud.GPUCounts{"NVIDIA-A100": 100, "NVIDIA-H100": 100}},
		},
	}
	require.NoError(b, store.Create(b.Context(), "/tenants/"+tenant.Name, tenant, &spectrocloud.Tenant{}, 0))
}

func newClient(b *testing.B, etcd *storage.Embedded) *kubernetes.Client {
	b.Helper()
	client, err := kubernetes.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}, Logger: zap.NewNop()})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, client.Close()) })
	return client
}

func newProjects(b *testing.B, client *kubernetes.Client, prefix string) apistorage.Interface {
	b.Helper()
	return newStore(b, client, prefix, "projects",
		func() runtime.Object { return &spectrocloud.Project{} }, func() runtime.Object { return &spectrocloud.ProjectList{} })
}

// newStore returns an etcd3 store that keeps protobuf, as the server's do.
func newStore(b *testing.B, client *kubernetes.Client, prefix, resource string, newFunc, newListFunc func() runtime.Object) apistorage.Interface {
	b.Helper()
	codec := newCodec(b)
	versioner := apistorage.APIObjectVersioner{}
	store, err := etcd3.New(client, nil, codec, newFunc, newListFunc, prefix, "/"+resource, spectrocloud.Resource(resource),
		identity.NewEncryptCheckTransformer(), etcd3.NewDefaultLeaseManagerConfig(), etcd3.NewDefaultDecoder(codec, versioner), versioner)
	require.NoError(b, err)
	b.Cleanup(store.Close)
	return store
}
