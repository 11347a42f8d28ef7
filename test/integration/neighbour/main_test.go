// SPDX-License-Identifier: Apache-2.0

// Package neighbour is about those who share a cluster with tenancy, installed
// from the chart: what the rest of the cluster notices when it is down, and what
// one Tenant notices of another that floods the API.
package neighbour

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const namespace = "palette-system"

var (
	cluster   *framework.Cluster
	installed error // What went wrong when the chart was installed.
)

func TestMain(m *testing.M) {
	if os.Getenv(floodVariable) != "" {
		if err := runFlood(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	framework.Main(m, localcluster.Options{Pods: true, ExternalEtcd: true}, func(c *framework.Cluster) {
		cluster = c
		installed = c.InstallReplicas(context.Background(), namespace, "--set=apiserver.replicas=1", "--set=controllerManager.replicas=1",
			"--set=global.featureFlags.systemDefaultResources=false")
	})
}

// useCluster fails where tenancy could not be installed.
func useCluster(t *testing.T) {
	t.Helper()
	require.NoError(t, installed)
}
