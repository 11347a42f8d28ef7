// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	namespace = "palette-system"
	// storagePrefix is what tenancy-apiserver's keys in etcd begin with.
	storagePrefix = "/tenancy"
	// convergence is how long may be waited for what several processes have a part in.
	convergence = 2 * time.Minute
	members     = 3
)

var (
	cluster   *framework.Cluster
	installed error // What went wrong when the chart was installed.
)

func TestMain(m *testing.M) {
	args := map[string][]string{}
	for i := range members {
		args[etcdMember(i)] = []string{"--quota-backend-bytes=8589934592"}
	}
	framework.Main(m, localcluster.Options{Pods: true, ExternalEtcd: true, EtcdMembers: members, ExtraArgs: args},
		func(c *framework.Cluster) {
			cluster = c
			// The history is checked from its first revision, so none of it may be compacted.
			installed = c.InstallReplicas(context.Background(), namespace, "--set=apiserver.extraArgs={--etcd-compaction-interval=0}",
				"--set=global.featureFlags.systemDefaultResources=false")
		})
}

func soaking() bool { return os.Getenv("TENANCY_SOAK") != "" }

// etcdMember is the name of a member's component.
func etcdMember(i int) string {
	if i == 0 {
		return localcluster.TenancyEtcd
	}
	return fmt.Sprintf("%s-%d", localcluster.TenancyEtcd, i)
}

// pods returns the Pods of a program.
func pods(ctx context.Context, component string) ([]corev1.Pod, error) {
	list, err := cluster.Admin.Host.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component=" + component})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// requireHistory checks the rules at every revision that there ever was of the etcd that holds the objects and the ledger.
func requireHistory(t *testing.T) {
	t.Helper()
	_, config := cluster.TenancyEtcdClient()
	client, err := clientv3.New(clientv3.Config{Endpoints: cluster.TenancyEtcdEndpoints(), TLS: config,
		DialTimeout: 10 * time.Second, Logger: zap.NewNop(), Context: t.Context()})
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), convergence)
	defer cancel()
	_, err = client.Get(ctx, storagePrefix, clientv3.WithRev(1))
	require.NoError(t, err, "the beginning of the history")
	summary, err := quotatest.Replay(ctx, client, storagePrefix)
	require.NoError(t, err)
	t.Logf("history: %d revisions, %d admissions, %d releases, %d waits", summary.Revisions, summary.Admissions, summary.Releases, summary.Waits)
}
