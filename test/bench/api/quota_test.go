// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

// Where the peers of BenchmarkQuota create.
const (
	quotaProject   = "quota"         // AIWorkloads.
	quotaCounted   = "quota-counted" // ConfigMaps under a ResourceQuota.
	quotaHooked    = "quota-hooked"  // Custom resources behind a webhook.
	quotaFloorPart = 0.5             // Of its target, a ratio may be on a busy machine.
)

// quotaPeers are who AIWorkloads with GPUs are compared with, and the least that their rate, divided by the peer's, should be.
var quotaPeers = []struct {
	name   string
	target float64
}{{"without", 0.95}, {"resourcequota", 1.2}, {"webhook", 1.5}}

// BenchmarkQuota prints what it costs to have GPUs checked: a create of an AIWorkload that asks for GPUs, against one that asks
// for none, a ConfigMap under a ResourceQuota, and a custom resource whose GPUs a webhook counts. Then it prints what they
// are worth, when many ask at once for what is left.
func BenchmarkQuota(b *testing.B) {
	cluster := start(b)
	fmt.Printf("\n%s\n", machine())
	peers := prepareQuota(b, cluster)
	for _, settings := range []rounds.Settings{{Rounds: 9, Operations: 300, Clients: 16}, {Rounds: 5, Operations: 100, Clients: 1}} {
		settings.CPU = func() (map[string]time.Duration, error) { return cpu(cluster) }
		b.Run(fmt.Sprintf("create/%d", settings.Clients), func(b *testing.B) {
			results, err := rounds.Measure(b.Context(), peers, settings)
			require.NoError(b, err)
			require.NoError(b, rounds.Write(os.Stdout, fmt.Sprintf("quota, create, admin, JSON, %d×", settings.Clients), results, processes...))
			for i, peer := range quotaPeers {
				ratio, _ := rounds.Ratio(results[0], results[i+1])
				b.ReportMetric(ratio, "gpus/"+peer.name)
				if ratio < peer.target*quotaFloorPart {
					b.Errorf("creates with GPUs have %.2f times the rate of %s: %v is the target", ratio, peer.name, peer.target)
				}
			}
		})
	}
	b.Run("burst", func(b *testing.B) { measureBursts(b, cluster) })
	fmt.Printf("\n%s\n", machine())
}

// prepareQuota creates all that the peers need, and returns them: AIWorkloads with GPUs, then as quotaPeers has them.
func prepareQuota(b *testing.B, cluster *localcluster.Cluster) []rounds.Peer {
	b.Helper()
	createTenant(b, cluster, tenantName, plenty)
	createProject(b, cluster, tenantName, quotaProject, plenty)
	for _, namespace := range []string{quotaCounted, quotaHooked} {
		createNamespace(b, cluster, namespace)
	}
	createResourceQuota(b, cluster, quotaCounted)
	createDefinition(b, cluster, workloadDefinition(v1alpha1.AIWorkload{}.OpenAPIModelName()), workloads)
	startWebhook(b, cluster, webhookLimits())

	config := cluster.Config()
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	version := v1alpha1.SchemeGroupVersion.String()
	ours := workloadClient(b, config, quotaProject)
	return []rounds.Peer{
		creator(b, "gpus", ours, newWorkload(b, version, gpus)),
		creator(b, quotaPeers[0].name, ours, newWorkload(b, version, nil)),
		configMapCreator(b, cluster),
		creator(b, quotaPeers[2].name, customWorkloadClient(b, config, quotaHooked), newWorkload(b, customGroupVersion.String(), gpus)),
	}
}

func configMapCreator(b *testing.B, cluster *localcluster.Cluster) rounds.Peer {
	b.Helper()
	host, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(b, err)
	client, template := host.CoreV1().ConfigMaps(quotaCounted), newConfigMap(b, runtime.ContentTypeJSON)
	var created atomic.Int64
	return rounds.Peer{Name: quotaPeers[1].name, Operation: func(ctx context.Context) error {
		object := *template
		object.Name = fmt.Sprintf("%s-%06d", quotaPeers[1].name, created.Add(1))
		_, err := client.Create(ctx, &object, metav1.CreateOptions{})
		return err
	}}
}
