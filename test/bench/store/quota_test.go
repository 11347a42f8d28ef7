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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/test/bench/rounds"
	"spectrocloud.com/tenancy/test/bench/stores"
)

const (
	projectName = "bench-project"
	workloads   = "aiworkloads"
)

// gpus is what each workload asks for, and plenty more than all of them together.
var (
	gpus   = spectrocloud.GPUCounts{"NVIDIA-A100": 1, "NVIDIA-H100": 1}
	plenty = spectrocloud.GPUCounts{"NVIDIA-A100": 1_000_000, "NVIDIA-H100": 1_000_000}
)

var (
	many = rounds.Settings{Rounds: 9, Operations: 2000, Clients: 64}
	one  = rounds.Settings{Rounds: 9, Operations: 300, Clients: 1}
	few  = rounds.Settings{Rounds: 5, Operations: 256, Clients: 64}
	// The turn changes hands in it many times.
	long = rounds.Settings{Rounds: 7, Operations: 8000, Clients: 64}
)

// versus is one table: the first peer against the others, and the least that its rate, divided by theirs, should be.
type versus struct {
	title string
	rounds.Settings
	peers   []rounds.Peer
	targets []float64 // 0 where there is none.
	floors  []float64 // Below which it fails, on a busy machine too.
}

// BenchmarkQuota prints how creates of workloads whose GPUs are charged to one Tenant fare against creates that nothing is
// decided about, and against other ways to keep account.
func BenchmarkQuota(b *testing.B) {
	etcd, err := storage.StartEmbedded(b.Context(), b.TempDir())
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, etcd.Close()) })
	server, err := stores.Start(b.Context(), etcd)
	require.NoError(b, err)
	prepareProject(b, server)

	stored := storedWorkload(b, server)
	ours := server.Workloads.Storage.Storage
	quota := workloadCreator("quota", stored, ours)
	free := stored.DeepCopy()
	free.Spec.GPURequests = nil
	without := workloadCreator("no GPUs", free, ours)
	plain := workloadCreator("plain", stored, newPlainStore(b, etcd, "/plain"))
	raw := rawPutter(b, "raw puts", stored, etcd)
	cas := workloadCreator("compare and swap", stored, newSwappingStore(b, etcd))
	group := workloadCreator("group commit", stored, newGroupStore(b, etcd))

	for _, v := range []versus{
		{"quota, store create, 64×", many, []rounds.Peer{quota, without, plain, raw, group}, []float64{0, 1.5, 1, 0}, []float64{0.3, 0.3, 0.15, 0}},
		{"quota, store create, 64×, few", few, []rounds.Peer{quota, cas}, []float64{10}, []float64{3}},
		{"quota, store create, 1×", one, []rounds.Peer{quota, without, plain, raw, cas}, []float64{0, 0.95, 0, 0}, []float64{0.3, 0.3, 0.2, 0.5}},
	} {
		b.Run(v.name(), v.run)
	}
	require.NoError(b, server.Close())

	// Servers outside of etcd. The second one takes note of all that is written, so it starts when that is the same for all peers.
	both := []creatingStore{startOutside(b, etcd)}
	outside := workloadCreator("outside", stored, both[0])
	v := versus{"quota, etcd outside, 64×", many, []rounds.Peer{outside, plain, raw}, []float64{0, 0}, []float64{0.2, 0.1}}
	b.Run(v.name(), v.run)
	both = append(both, startOutside(b, etcd))
	v = versus{"quota, two servers, 64×", long, []rounds.Peer{
		workloadCreator("two servers", stored, newDivided(both, many.Clients)), outside, workloadCreator("by turns", stored, &alternating{servers: both}),
	}, []float64{0.9, 0}, []float64{0.3, 0}}
	b.Run(v.name(), v.run)
}

func (v versus) name() string { return strings.ReplaceAll(v.title, " ", "-") }

func (v versus) run(b *testing.B) {
	results, err := rounds.Measure(b.Context(), v.peers, v.Settings)
	require.NoError(b, err, "a conflict that a client sees, or anything else that it would not expect")
	require.NoError(b, rounds.Write(os.Stdout, v.title, results))
	for i, peer := range results[1:] {
		ratio, _ := rounds.Ratio(results[0], peer)
		b.ReportMetric(ratio, strings.ReplaceAll(results[0].Name+"/"+peer.Name, " ", "-"))
		if ratio < v.floors[i] {
			b.Errorf("%s has %.2f times the rate of %s in the median round: %v is the target, %v the floor", results[0].Name, ratio, peer.Name, v.targets[i], v.floors[i])
		}
	}
}

func startOutside(b *testing.B, etcd *storage.Embedded) creatingStore {
	b.Helper()
	server, err := stores.StartOutside(b.Context(), etcd.Endpoint)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, server.Close()) })
	return server.Workloads.Storage.Storage
}

func prepareProject(b *testing.B, server *stores.Server) {
	b.Helper()
	limits := spectrocloud.GPUResources{Limits: plenty, Requests: plenty}
	_, err := server.Tenants.Create(stores.Request(b.Context(), "tenants", ""), &spectrocloud.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: tenantName},
		Spec:       spectrocloud.TenantSpec{TenantRoleMapping: spectrocloud.TenantRoleMapping{Groups: []string{group}}, GPUResources: limits},
	}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(b, err)
	_, err = server.Projects.Create(stores.Request(b.Context(), "projects", projectName), &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: projectName, Namespace: projectName},
		Spec:       spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: tenantName}, GPUResources: limits},
	}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(b, err)
}

// storedWorkload creates a workload of about 1 KB and returns it as it came to be stored: with the GPUs that it holds, and
// the conditions that say so. The peers store the same.
func storedWorkload(b *testing.B, server *stores.Server) *spectrocloud.AIWorkload {
	b.Helper()
	created, err := server.Workloads.Create(stores.Request(b.Context(), workloads, projectName), &spectrocloud.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: "first", Namespace: projectName},
		Spec: spectrocloud.AIWorkloadSpec{
			DisplayName:      "An App Deployment of the benchmark",
			Description:      strings.Repeat("x", 500),
			ProfileBundleRef: &spectrocloud.ProfileBundleReference{Name: "bundle", Namespace: apiserver.DefaultSystemNamespace, CloudType: "edge-native"},
			GPURequests:      gpus,
		},
	}, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(b, err)
	stored := created.(*spectrocloud.AIWorkload)
	require.Equal(b, gpus, stored.Status.GPUUsage)
	return stored
}

// creatingStore is the part of a store that creates.
type creatingStore interface {
	Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error
}

// workloadCreator creates one copy of template after the other.
func workloadCreator(name string, template *spectrocloud.AIWorkload, store creatingStore) rounds.Peer {
	var next atomic.Int64
	prefix := strings.ReplaceAll(name, " ", "-")
	return rounds.Peer{Name: name, Operation: func(ctx context.Context) error {
		workload := copyOf(template, fmt.Sprintf("%s-%06d", prefix, next.Add(1)))
		return store.Create(ctx, workloadKey(workload), workload, &spectrocloud.AIWorkload{}, 0)
	}}
}

func copyOf(template *spectrocloud.AIWorkload, name string) *spectrocloud.AIWorkload {
	workload := template.DeepCopy()
	workload.Name, workload.UID, workload.ResourceVersion = name, uuid.NewUUID(), ""
	return workload
}

func workloadKey(workload *spectrocloud.AIWorkload) string {
	return "/" + workloads + "/" + workload.Namespace + "/" + workload.Name
}

// divided has as many clients at each server, as clients whose connections stay where they are.
type divided chan creatingStore

func newDivided(servers []creatingStore, clients int) divided {
	free := make(divided, clients)
	for i := range clients {
		free <- servers[i%len(servers)]
	}
	return free
}

func (d divided) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	server := <-d
	defer func() { d <- server }()
	return server.Create(ctx, key, obj, out, ttl)
}

// alternating sends each request to another server than the last, which is the worst that can be done: soon all clients
// wait for the one that does not decide at the moment.
type alternating struct {
	servers []creatingStore
	next    atomic.Int64
}

func (a *alternating) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	return a.servers[a.next.Add(1)%int64(len(a.servers))].Create(ctx, key, obj, out, ttl)
}
