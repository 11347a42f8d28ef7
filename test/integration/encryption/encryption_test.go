// SPDX-License-Identifier: Apache-2.0

package encryption

import (
	"bytes"
	"crypto/tls"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// secret is in every object, and nowhere that can be read.
const secret = "this-nobody-shall-read"

// plain are the keys beside the objects, as registry/quota/DESIGN.md and registry/workloadprofile list them.
var plain = []string{"/tenancy/ledger/claims/", "/tenancy/ledger/tenants/", "/tenancy/ledger/projects/", "/tenancy/ledger/requests/", "/tenancy/ledger/turns/",
	"/tenancy/revisions/", "compact_rev_key"}

// createOfEveryKind applies the samples, of which there is one at least of each kind, with the secret in each.
func createOfEveryKind(t *testing.T, c *framework.Cluster) {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	samples := filepath.Join(root, "artifacts", "samples")
	c.MustKubectl(t, "", "apply", "-f", samples)
	c.MustKubectl(t, "", "annotate", "-R=false", "-f", samples, "secret="+secret, "--overwrite")
}

// etcd returns what etcd holds.
func etcd(t *testing.T, endpoint string, tlsConfig *tls.Config) map[string]string {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, TLS: tlsConfig, Logger: zap.NewNop()})
	require.NoError(t, err)
	defer client.Close()
	all, err := client.Get(t.Context(), "", clientv3.WithPrefix())
	require.NoError(t, err)
	values := map[string]string{}
	for _, kv := range all.Kvs {
		values[string(kv.Key)] = string(kv.Value)
	}
	return values
}

func embedded(t *testing.T) map[string]string {
	t.Helper()
	return etcd(t, "unix://"+filepath.Join(cluster.Dir(), localcluster.TenancyEtcd, "client.sock"), nil)
}

// requireEncrypted checks that each object in etcd is encrypted with the key, and that no record beside them tells the secret.
func requireEncrypted(t *testing.T, values map[string]string, key string) {
	t.Helper()
	kinds := map[string]bool{}
	for name, value := range values {
		assert.NotContains(t, value, secret, name)
		beside := false
		for _, prefix := range plain {
			beside = beside || strings.HasPrefix(name, prefix)
		}
		if !beside {
			kinds[strings.Split(strings.TrimPrefix(name, "/tenancy/"), "/")[0]] = true
			assert.True(t, strings.HasPrefix(value, "k8s:enc:aesgcm:v1:"+key+":"), "%s is %.40q", name, value)
		}
	}
	assert.Len(t, kinds, 13, "kinds in etcd: %v", kinds)
}

func TestObjectsOfEveryKindAreEncryptedWhereverTheyAreKept(t *testing.T) {
	createOfEveryKind(t, cluster)
	requireEncrypted(t, embedded(t), "old")

	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	data := filepath.Join(cluster.Dir(), localcluster.TenancyEtcd)
	snapshot, err := exec.CommandContext(t.Context(), filepath.Join(root, "bin", localcluster.TenancyAPIServer), "snapshot", "save", "-", "--etcd-data-dir", data).Output()
	require.NoError(t, err)
	assert.NotContains(t, string(snapshot), secret, "in the snapshot")
	assert.Contains(t, string(snapshot), "k8s:enc:aesgcm:v1:old:")
	files := 0
	require.NoError(t, filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		assert.False(t, bytes.Contains(content, []byte(secret)), path)
		return err
	}))
	assert.Greater(t, files, 2, "the database and its log")

	// Who asks the API is told.
	assert.Contains(t, cluster.MustKubectl(t, "", "get", "settings", "-A", "-o", "yaml"), secret)
}

func TestAnEtcdOfItsOwnHoldsObjectsEncrypted(t *testing.T) {
	require.NoError(t, writeKeys("old"))
	external := framework.Disposable(t, options(true))
	createOfEveryKind(t, external)
	endpoint, tlsConfig := external.TenancyEtcdClient()
	requireEncrypted(t, etcd(t, endpoint, tlsConfig), "old")
}

// rewrite is the loop that docs/backup.md has: it writes every object as it is.
const rewrite = `set -e
for kind in $(kubectl api-resources --api-group=spectrocloud.com --verbs=list,update -o name); do
  [ -z "$(kubectl get "$kind" --all-namespaces -o name)" ] || kubectl get "$kind" --all-namespaces -o json | kubectl replace -f -
done`

func TestKeysAreReplacedWithNothingLost(t *testing.T) {
	createOfEveryKind(t, cluster)
	was := cluster.MustKubectl(t, "", "get", "tenancy", "-A", "-o", "custom-columns=KIND:.kind,NAME:.metadata.name,UID:.metadata.uid,SECRET:.metadata.annotations.secret", "--sort-by=.metadata.uid")

	restart(t, "new", "old")
	status, err := cluster.Command(t.Context(), []string{"sh", "-c", rewrite})
	require.NoError(t, err)
	require.Zero(t, status)
	requireEncrypted(t, embedded(t), "new")

	restart(t, "new")
	is := cluster.MustKubectl(t, "", "get", "tenancy", "-A", "-o", "custom-columns=KIND:.kind,NAME:.metadata.name,UID:.metadata.uid,SECRET:.metadata.annotations.secret", "--sort-by=.metadata.uid")
	assert.Equal(t, was, is)

	server := cluster.Component(localcluster.TenancyAPIServer)
	require.NoError(t, server.Stop())
	defer restart(t, "new")
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	check := exec.CommandContext(t.Context(), filepath.Join(root, "bin", localcluster.TenancyAPIServer), "check-ledger",
		"--etcd-data-dir", filepath.Join(cluster.Dir(), localcluster.TenancyEtcd), "--encryption-provider-config", config)
	output, err := check.Output()
	require.NoError(t, err, "%s", output)
	assert.Contains(t, string(output), "; 0 differences, 0 problems")
}
