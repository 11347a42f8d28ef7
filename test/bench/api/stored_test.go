// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

const (
	few, lots     = 100, 100_000
	usageProjects = 10 // Of either Tenant: what gpuusage costs may depend on them, but not on workloads.
	smallTenant   = "small"
	largeTenant   = "large"
	usageTarget   = 1.2 // Times as long as with few workloads, gpuusage may take.
	usageLimit    = 2.0 // On a busy machine too.
)

// BenchmarkStored prints how long gpuusage takes with many workloads stored and with few, and what a workload costs in the
// memory of tenancy-apiserver and in its etcd.
func BenchmarkStored(b *testing.B) {
	cluster := start(b)
	fmt.Printf("\n%s\n", machine())
	smallProjects := createTenantWithProjects(b, cluster, smallTenant, few)
	largeProjects := createTenantWithProjects(b, cluster, largeTenant, lots)
	var before, after kept
	var memoryBefore, memoryAfter memory
	var alone, together []rounds.Result

	before = fill(b, cluster, filling{smallProjects, few})
	memoryBefore = measureMemory(b, cluster)
	alone = measureUsage(b, cluster, fmt.Sprintf("gpuusage, %d stored, 1×", few), smallTenant)

	after = fill(b, cluster, filling{largeProjects, lots})
	memoryAfter = measureMemory(b, cluster)
	together = measureUsage(b, cluster, fmt.Sprintf("gpuusage, %d stored, 1×", lots), largeTenant, smallTenant)

	reportUsage(b, alone, together)
	reportSizes(before, after, memoryBefore, memoryAfter)
	fmt.Printf("\n%s\n", machine())
}

// createTenantWithProjects creates a Tenant and its Projects. Of count workloads with a GPU each, nine in ten get it.
func createTenantWithProjects(b *testing.B, cluster *localcluster.Cluster, tenant string, count int32) (projects []string) {
	b.Helper()
	createTenant(b, cluster, tenant, v1alpha1.GPUCounts{burstFamily: count * 9 / 10})
	for i := range usageProjects {
		projects = append(projects, fmt.Sprintf("%s-%02d", tenant, i))
		createProject(b, cluster, tenant, projects[i], nil)
	}
	return projects
}

// measureUsage measures gpuusage of the Tenants, and a GET of a Tenant to compare it with at other times. It asks
// tenancy-apiserver itself, since kube-apiserver's share would hide a difference.
func measureUsage(b *testing.B, cluster *localcluster.Cluster, title string, tenants ...string) []rounds.Result {
	b.Helper()
	clients, err := versioned.NewForConfig(cluster.Direct(cluster.Config(), 0))
	require.NoError(b, err)
	client := clients.SpectrocloudV1alpha1().Tenants()
	var peers []rounds.Peer
	for _, tenant := range tenants {
		usage, err := client.GetGPUUsage(b.Context(), tenant, metav1.GetOptions{})
		require.NoError(b, err)
		require.Len(b, usage.Projects, usageProjects)
		count := map[string]int64{smallTenant: few, largeTenant: lots}[tenant]
		require.Equal(b, []int64{count * 9 / 10, count / 10}, []int64{usage.Families[0].Used, usage.Families[0].Pending}, "%+v", usage.Families)
		peers = append(peers, rounds.Peer{Name: "usage of " + tenant, Operation: func(ctx context.Context) error {
			_, err := client.GetGPUUsage(ctx, tenant, metav1.GetOptions{})
			return err
		}})
	}
	peers = append(peers, rounds.Peer{Name: "GET Tenant", Operation: func(ctx context.Context) error {
		_, err := client.Get(ctx, smallTenant, metav1.GetOptions{})
		return err
	}})
	results, err := rounds.Measure(b.Context(), peers, rounds.Settings{Rounds: 9, Operations: 300, Clients: 1})
	require.NoError(b, err)
	require.NoError(b, rounds.Write(os.Stdout, title, results))
	return results
}

// reportUsage compares gpuusage of the large Tenant with that of the small one, on one server at one time; and with that of
// the small one at the time when it was alone, both in terms of a GET of that time.
func reportUsage(b *testing.B, alone, together []rounds.Result) {
	b.Helper()
	sameServer, _ := rounds.Ratio(together[1], together[0])
	withLots, _ := rounds.Ratio(together[2], together[0])
	withFew, _ := rounds.Ratio(alone[1], alone[0])
	fmt.Printf("\n| gpuusage, time with %d workloads ÷ with %d | ratio | target |\n| --- | --- | --- |\n", lots, few)
	fmt.Printf("| of a Tenant that has them, one server at one time | **%.2f** | %.1f |\n", sameServer, usageTarget)
	fmt.Printf("| on a server that stores them, in terms of a GET | **%.2f** | %.1f |\n", withLots/withFew, usageTarget)
	b.ReportMetric(sameServer, "usage-large/small")
	b.ReportMetric(withLots/withFew, "usage-stored-lots/few")
	assert.Less(b, max(sameServer, withLots/withFew), usageLimit)
}

// memory is what tenancy-apiserver, with the etcd that is part of it, takes up: bytes.
type memory struct {
	heap int // Of live objects, right after a garbage collection.
	anon int // Resident, and no file's.
	file int // Resident of files: the program's, and the database's.
}

func measureMemory(b *testing.B, cluster *localcluster.Cluster) (m memory) {
	b.Helper()
	client, err := kubernetes.NewForConfig(cluster.Direct(cluster.Config(), 0))
	require.NoError(b, err)
	profile, err := client.Discovery().RESTClient().Get().AbsPath("/debug/pprof/heap").Param("gc", "1").Param("debug", "1").DoRaw(b.Context())
	require.NoError(b, err)
	m.heap = number(b, string(profile), `# HeapAlloc = (\d+)`)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cluster.Component(localcluster.TenancyAPIServer).PID()))
	require.NoError(b, err)
	m.anon = number(b, string(status), `RssAnon:\s+(\d+) kB`) << 10
	m.file = number(b, string(status), `RssFile:\s+(\d+) kB`) << 10
	return m
}

// number returns the number that pattern finds in text.
func number(b *testing.B, text, pattern string) int {
	b.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(text)
	require.Len(b, match, 2, pattern)
	found, err := strconv.Atoi(match[1])
	require.NoError(b, err)
	return found
}

func reportSizes(before, after kept, memoryBefore, memoryAfter memory) {
	per := func(before, after int) int { return (after - before) / lots }
	fmt.Printf("\n| a workload costs | bytes |\n| --- | --- |\n")
	fmt.Printf("| etcd, object: key and value | %d |\n", (after.objectBytes-before.objectBytes)/(after.objects-before.objects))
	fmt.Printf("| etcd, ledger record: key and value | %d |\n", (after.recordBytes-before.recordBytes)/(after.records-before.records))
	fmt.Printf("| etcd, database in use | %d |\n", (after.inUse-before.inUse)/lots)
	fmt.Printf("| tenancy-apiserver, live heap | %d |\n", per(memoryBefore.heap, memoryAfter.heap))
	fmt.Printf("| tenancy-apiserver, resident, anonymous | %d |\n", per(memoryBefore.anon, memoryAfter.anon))
	fmt.Printf("| tenancy-apiserver, resident, files | %d |\n", per(memoryBefore.file, memoryAfter.file))
	fmt.Printf("\ntenancy-apiserver with %d workloads: live heap %d MiB, resident %d + %d MiB; with %d: %d MiB, %d + %d MiB\n",
		lots, memoryAfter.heap>>20, memoryAfter.anon>>20, memoryAfter.file>>20, few, memoryBefore.heap>>20, memoryBefore.anon>>20, memoryBefore.file>>20)
}
