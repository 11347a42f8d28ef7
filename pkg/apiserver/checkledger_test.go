// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/storage"
)

// checkLedger runs the command and returns what it prints.
func checkLedger(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := NewCommand()
	command.SetArgs(append([]string{"check-ledger"}, args...))
	command.SetOut(&out)
	command.SetErr(&out)
	command.SilenceErrors = true
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

// withEtcd calls do with a client of the embedded etcd in dir, which runs meanwhile.
func withEtcd(t *testing.T, dir string, do func(*clientv3.Client, *storage.Embedded)) {
	t.Helper()
	etcd, err := storage.StartEmbedded(t.Context(), dir)
	require.NoError(t, err)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}})
	require.NoError(t, err)
	do(client, etcd)
	require.NoError(t, client.Close())
	require.NoError(t, etcd.Close())
}

// stored is obj as etcd holds it.
func stored(t *testing.T, obj runtime.Object) []byte {
	t.Helper()
	data, err := runtime.Encode(Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion), obj)
	require.NoError(t, err)
	return data
}

func acme() *spectrocloud.Tenant {
	return &spectrocloud.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: types.UID("1"), CreationTimestamp: metav1.Unix(1, 0)}}
}

// healthy is what etcd holds of a Tenant, by key.
func healthy(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"/tenancy/tenants/acme":        string(stored(t, acme())),
		"/tenancy/ledger/claims/acme":  `{"kind":"Tenant","name":"acme","uid":"1"}`,
		"/tenancy/ledger/tenants/acme": `{"uid":"1","gpus":{}}`,
	}
}

func put(t *testing.T, client *clientv3.Client, keys map[string]string) {
	t.Helper()
	for key, value := range keys {
		_, err := client.Put(t.Context(), key, value)
		require.NoError(t, err)
	}
}

func TestCheckLedgerFindsNothingInAHealthyEmbeddedEtcd(t *testing.T) {
	dir := t.TempDir()
	withEtcd(t, dir, func(client *clientv3.Client, _ *storage.Embedded) { put(t, client, healthy(t)) })
	for _, args := range [][]string{nil, {"--repair"}, {"--repair", "--dry-run"}} {
		out, err := checkLedger(t, append(args, "--etcd-data-dir", dir)...)
		require.NoError(t, err)
		assert.Regexp(t, `^checked at revision 4: 1 tenants, 0 projects, 0 computepools, 0 aiworkloads and 2 records of the ledger under /tenancy; 0 differences, 0 problems\n$`, out)
	}
}

// Most kinds have no records in the ledger, and WorkloadProfiles have records that are none of its business.
func TestCheckLedgerLeavesWhatIsNotTheLedgersAlone(t *testing.T) {
	withEtcd(t, t.TempDir(), func(client *clientv3.Client, etcd *storage.Embedded) {
		others := map[string]string{
			"/tenancy/settings/acme/settings":          string(stored(t, &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Name: "settings", Namespace: "acme"}})),
			"/tenancy/scalingpolicies/web/busy":        "nonsense",
			"/tenancy/workloadprofiles/web/chat":       "nonsense",
			"/tenancy/revisions/web/chat":              `{"last":2,"live":1}`,
			"/tenancy/revisions/tenants/acme":          `{"last":1,"live":1}`,
			"/tenancy/variablesets/projects/variables": "nonsense",
		}
		put(t, client, healthy(t))
		put(t, client, others)
		out, err := checkLedger(t, "--etcd-servers", etcd.Endpoint, "--repair")
		require.NoError(t, err)
		assert.Contains(t, out, "1 tenants, 0 projects, 0 computepools, 0 aiworkloads and 2 records of the ledger under /tenancy; 0 differences, 0 problems")
		for key, value := range others {
			response, err := client.Get(t.Context(), key)
			require.NoError(t, err)
			require.Len(t, response.Kvs, 1, key)
			assert.Equal(t, value, string(response.Kvs[0].Value), key)
		}
	})
}

func TestCheckLedgerFailsOnADifferenceAndRepairsItIfToldTo(t *testing.T) {
	withEtcd(t, t.TempDir(), func(client *clientv3.Client, etcd *storage.Embedded) {
		put(t, client, healthy(t))
		put(t, client, map[string]string{"/tenancy/ledger/claims/acme": `{"kind":"Project","name":"acme","uid":"9"}`, "/tenancy/ledger/claims/free": `{}`})
		servers := []string{"--etcd-servers", etcd.Endpoint}
		differences := "difference: /tenancy/ledger/claims/free is {}: there is no tenants/free or projects/free/free\n" +
			`difference: /tenancy/ledger/claims/acme is {"kind":"Project","name":"acme","uid":"9"}: tenants/acme calls for {"kind":"Tenant","name":"acme","uid":"1"}` + "\n"
		plan := "plan: delete /tenancy/ledger/claims/free: {} -> nothing\n" +
			`plan: put /tenancy/ledger/claims/acme: {"kind":"Project","name":"acme","uid":"9"} -> {"kind":"Tenant","name":"acme","uid":"1"}` + "\n"

		for range 2 {
			out, err := checkLedger(t, servers...)
			assert.ErrorContains(t, err, "2 records of the ledger differ from the objects, and 0 problems are for you to solve")
			assert.Contains(t, out, differences)
			assert.NotContains(t, out, "plan:")
			out, err = checkLedger(t, append(servers, "--repair", "--dry-run")...)
			assert.Error(t, err, "there still are differences")
			assert.Contains(t, out, differences+plan)
			assert.NotContains(t, out, "repaired:")
		}
		out, err := checkLedger(t, append(servers, "--repair")...)
		assert.NoError(t, err)
		assert.Contains(t, out, differences+plan)
		assert.Contains(t, out, "repaired: /tenancy/ledger/claims/free\nrepaired: /tenancy/ledger/claims/acme\nchecked at revision")
		assert.Regexp(t, "; 0 differences, 0 problems\n$", out)
		_, err = checkLedger(t, servers...)
		assert.NoError(t, err)
	})
}

func TestCheckLedgerFailsOnWhatOnlyAPersonCanSolve(t *testing.T) {
	withEtcd(t, t.TempDir(), func(client *clientv3.Client, etcd *storage.Embedded) {
		put(t, client, healthy(t))
		put(t, client, map[string]string{"/tenancy/tenants/acme": "nonsense"})
		before, err := client.Get(t.Context(), "any")
		require.NoError(t, err)
		out, err := checkLedger(t, "--etcd-servers", etcd.Endpoint, "--repair")
		assert.ErrorContains(t, err, "0 records of the ledger differ from the objects, and 1 problems are for you to solve")
		assert.Contains(t, out, "problem: /tenancy/tenants/acme can't be read: ")
		after, err := client.Get(t.Context(), "any")
		require.NoError(t, err)
		assert.Equal(t, before.Header.Revision, after.Header.Revision, "what depends on it is left as it is")
	})
}

func TestCheckLedgerRefusesToCheckTheWrongPlace(t *testing.T) {
	dir := t.TempDir()
	_, err := checkLedger(t, "--etcd-data-dir", dir)
	assert.ErrorContains(t, err, "there is no embedded etcd in --etcd-data-dir "+dir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries, "it made none")

	withEtcd(t, dir, func(client *clientv3.Client, etcd *storage.Embedded) {
		put(t, client, healthy(t))
		_, err := checkLedger(t, "--etcd-data-dir", dir)
		assert.ErrorContains(t, err, "is in use by another process", "a server's")
		_, err = checkLedger(t, "--etcd-servers", etcd.Endpoint, "--etcd-prefix", "/tenan")
		assert.ErrorContains(t, err, "nothing is stored in etcd under /tenan/")
		_, err = checkLedger(t, "--etcd-servers", etcd.Endpoint, "--dry-run")
		assert.ErrorContains(t, err, "--dry-run says what --repair would do")
	})
}

func TestCheckLedgerReadsWhatIsEncryptedAtRest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "encryption.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ["*.spectrocloud.com"]
  providers:
  - aesgcm: {keys: [{name: key, secret: %s}]}
`, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))), 0o600))
	config, err := encryptionconfig.LoadEncryptionConfig(context.WithoutCancel(t.Context()), file, false, "test")
	require.NoError(t, err)
	transformer := encryptionconfig.StaticTransformers(config.Transformers).TransformerForResource(spectrocloud.Resource("tenants"))
	encrypted, err := transformer.TransformToStorage(t.Context(), stored(t, acme()), value.DefaultContext("/tenancy/tenants/acme"))
	require.NoError(t, err)
	require.NotContains(t, string(encrypted), "acme")

	withEtcd(t, t.TempDir(), func(client *clientv3.Client, etcd *storage.Embedded) {
		put(t, client, healthy(t))
		put(t, client, map[string]string{"/tenancy/tenants/acme": string(encrypted)})
		_, err := checkLedger(t, "--etcd-servers", etcd.Endpoint, "--encryption-provider-config", file)
		assert.NoError(t, err)
		out, err := checkLedger(t, "--etcd-servers", etcd.Endpoint)
		assert.Error(t, err)
		assert.Contains(t, out, "/tenancy/tenants/acme can't be read: identity transformer tried to read encrypted data")
	})
}
