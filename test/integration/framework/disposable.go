// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

// Disposable starts a cluster for one test, which may break it, and stops it at the test's end.
func Disposable(t *testing.T, options localcluster.Options) *Cluster {
	t.Helper()
	// Not t.TempDir, whose path is too long for the sockets of an embedded etcd.
	dir, err := os.MkdirTemp("", "tenancy-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	cluster, err := Start(t.Context(), dir, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			for _, name := range []string{localcluster.TenancyAPIServer, localcluster.TenancyControllerManager} {
				t.Logf("last lines of %s:\n%s", name, cluster.LogTail(name, 20))
			}
		}
		require.NoError(t, cluster.Stop())
	})
	return cluster
}
