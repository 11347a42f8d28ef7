// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatWasEmbeddedMovesToAnEtcdOfItsOwn does what docs/backup.md says, and saves from there, too.
func TestWhatWasEmbeddedMovesToAnEtcdOfItsOwn(t *testing.T) {
	dir, err := os.MkdirTemp("", "tenancy-")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	embedded, err := framework.Start(t.Context(), dir, localcluster.Options{})
	require.NoError(t, err)
	project := framework.Name("project")
	tenantOf(t, embedded, project)
	workload(t, embedded, project, "holds", 3)
	workload(t, embedded, project, "waits", 2)
	allReady(t, embedded)
	was, namespacesWere := read(t, embedded), namespaces(t, embedded)
	stop(t, embedded)
	file := filepath.Join(dir, "snapshot")
	must(t, nil, "snapshot", "save", file, "--etcd-data-dir", dataDir(embedded))
	require.NoError(t, embedded.Stop())

	// As etcdutl snapshot restore --bump-revision 1000000000 --mark-compacted does it.
	require.NoError(t, os.Rename(filepath.Join(dir, localcluster.TenancyEtcd), filepath.Join(dir, "before")))
	const peer = "https://127.0.0.1:2380"
	require.NoError(t, snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath: file, OutputDataDir: filepath.Join(dir, localcluster.TenancyEtcd), Name: localcluster.TenancyEtcd, PeerURLs: []string{peer},
		InitialCluster: localcluster.TenancyEtcd + "=" + peer, InitialClusterToken: "tenancy", RevisionBump: 1_000_000_000, MarkCompacted: true}))

	moved, err := framework.Start(t.Context(), dir, localcluster.Options{ExternalEtcd: true, Replicas: 2})
	require.NoError(t, err)
	defer func() { require.NoError(t, moved.Stop()) }()
	assert.Equal(t, was, read(t, moved))
	allReady(t, moved)
	assert.Equal(t, namespacesWere, namespaces(t, moved))

	external := etcdFlags(moved)
	assert.Contains(t, string(must(t, nil, append([]string{"check-ledger"}, external...)...)), "; 0 differences, 0 problems")
	again := filepath.Join(dir, "again")
	must(t, nil, append([]string{"snapshot", "save", again}, external...)...)
	assert.Regexp(t, `^whole: revision \d+`, string(must(t, nil, "snapshot", "status", again)))
}

// etcdFlags are the flags of the server that say where its etcd is.
func etcdFlags(c *framework.Cluster) []string {
	endpoint, _ := c.TenancyEtcdClient()
	pki := func(name string) string { return filepath.Join(c.Dir(), "pki", name) }
	return []string{"--etcd-servers", endpoint, "--etcd-cafile", pki("tenancy-etcd-ca.crt"), "--etcd-certfile", pki("tenancy-etcd-client.crt"), "--etcd-keyfile", pki("tenancy-etcd-client.key")}
}
