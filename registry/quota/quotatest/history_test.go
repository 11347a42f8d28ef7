// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
)

const prefix = "/tenancy"

func startEtcd(t testing.TB) *clientv3.Client {
	t.Helper()
	etcd, err := storage.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd.Endpoint}})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, client.Close())
		require.NoError(t, etcd.Close())
	})
	return client
}

func object(t testing.TB, key string, obj runtime.Object) clientv3.Op {
	t.Helper()
	data, err := runtime.Encode(apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion), obj)
	require.NoError(t, err)
	return clientv3.OpPut(prefix+key, string(data))
}

type counts = spectrocloud.GPUCounts

func tenant(name, uid string, limit int32) *spectrocloud.Tenant {
	return &spectrocloud.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(uid)},
		Spec: spectrocloud.TenantSpec{GPUResources: spectrocloud.GPUResources{Limits: counts{"A100": limit}}}}
}

func project(name, uid, tenant string, limit int32) *spectrocloud.Project {
	return &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name, UID: types.UID(uid)},
		Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: tenant},
			GPUResources: spectrocloud.GPUResources{Limits: counts{"A100": limit}}}}
}

// history is the transactions of a Tenant acme and a Project ml that are as they should be.
func history(t testing.TB) [][]clientv3.Op {
	t.Helper()
	return [][]clientv3.Op{
		{clientv3.OpPut("/elsewhere/tenants/x", "not ours")},
		{object(t, "/tenants/acme", tenant("acme", "1", 8)),
			clientv3.OpPut(prefix+"/ledger/claims/acme", `{"kind":"Tenant","name":"acme","uid":"1"}`),
			clientv3.OpPut(prefix+"/ledger/tenants/acme", `{"uid":"1","gpus":{"limits":{"A100":8}}}`)},
		{object(t, "/projects/ml/ml", project("ml", "2", "acme", 8)),
			clientv3.OpPut(prefix+"/ledger/claims/ml", `{"kind":"Project","name":"ml","uid":"2"}`),
			clientv3.OpPut(prefix+"/ledger/projects/acme/ml", `{"uid":"2","gpus":{"limits":{"A100":8}}}`)},
	}
}

func commit(t testing.TB, etcd *clientv3.Client, transactions ...[]clientv3.Op) int64 {
	t.Helper()
	var revision int64
	for _, ops := range transactions {
		response, err := etcd.Txn(t.Context()).Then(ops...).Commit()
		require.NoError(t, err)
		revision = response.Header.Revision
	}
	return revision
}

func TestEveryBrokenRuleIsFoundThoughItIsMendedLater(t *testing.T) {
	terminating, going, now := tenant("acme", "1", 8), project("ml", "2", "acme", 8), metav1.Now()
	terminating.DeletionTimestamp, going.DeletionTimestamp = &now, &now
	findEach(t, history(t), map[string]violation{
		"an object without a claim": {[]clientv3.Op{clientv3.OpDelete(prefix + "/ledger/claims/ml")}, "Project ml (2) lives, but the claim is"},
		"a claim without an object": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/claims/free", `{"kind":"Tenant","name":"free","uid":"3"}`)},
			"has 0 live objects"},
		"a claim of another UID": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/claims/acme", `{"kind":"Tenant","name":"acme","uid":"9"}`)},
			"Tenant acme (1) lives, but the claim is"},
		"two owners of one namespace": {[]clientv3.Op{object(t, "/tenants/ml", tenant("ml", "4", 8)),
			clientv3.OpPut(prefix+"/ledger/tenants/ml", `{"uid":"4","gpus":{"limits":{"A100":8}}}`)}, "has 2 live objects"},
		"a Tenant that is not as recorded": {[]clientv3.Op{object(t, "/tenants/acme", tenant("acme", "1", 9))}, "the Tenant's record is"},
		"a Tenant's record that is not as the Tenant": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/tenants/acme", `{"uid":"1","gpus":{}}`)},
			"the Tenant's record is"},
		"a Tenant without a record": {[]clientv3.Op{clientv3.OpDelete(prefix + "/ledger/tenants/acme")}, "Tenant lives: true, but its record: false"},
		"a Project that is not as recorded": {[]clientv3.Op{object(t, "/projects/ml/ml", project("ml", "2", "acme", 7))},
			"the Project's record is"},
		"a Project without a record": {[]clientv3.Op{clientv3.OpDelete(prefix + "/ledger/projects/acme/ml")},
			"Project lives: true, but its record: false"},
		"a record without a Project": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/projects/acme/gone", `{"uid":"5","gpus":{}}`)},
			"Project lives: false, but its record: true"},
		"a Tenant lowered below its Project": {[]clientv3.Op{object(t, "/tenants/acme", tenant("acme", "1", 7)),
			clientv3.OpPut(prefix+"/ledger/tenants/acme", `{"uid":"1","gpus":{"limits":{"A100":7}}}`)},
			"the Project's limits of A100 are 8, above the 7 of Tenant acme"},
		"a Project raised above its Tenant": {[]clientv3.Op{object(t, "/projects/ml/ml", project("ml", "2", "acme", 9)),
			clientv3.OpPut(prefix+"/ledger/projects/acme/ml", `{"uid":"2","gpus":{"limits":{"A100":9}}}`)},
			"the Project's limits of A100 are 9, above the 8 of Tenant acme"},
		"a Tenant that goes with Projects": {[]clientv3.Op{object(t, "/tenants/acme", terminating),
			clientv3.OpPut(prefix+"/ledger/tenants/acme", `{"uid":"1","terminating":true,"gpus":{"limits":{"A100":8}}}`)},
			"the Project's Tenant acme is being deleted"},
		"a Tenant that is gone with Projects": {[]clientv3.Op{clientv3.OpDelete(prefix + "/tenants/acme"),
			clientv3.OpDelete(prefix + "/ledger/tenants/acme"), clientv3.OpDelete(prefix + "/ledger/claims/acme")},
			"the Project's Tenant acme does not exist"},
		"a Project outside of its namespace": {[]clientv3.Op{object(t, "/projects/ml/other", project("other", "6", "acme", 0))},
			"a Project lives in the namespace of its own name"},
		"a Project that goes, of which the record does not say so": {[]clientv3.Op{object(t, "/projects/ml/ml", going)},
			"the Project's record is"},
		"a record that says more than is checked": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/claims/ml", `{"kind":"Project","more":1}`)}, "unknown field"},
		"a key in the ledger that is unknown":     {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/totals/acme", `{}`)}, "not a key that the checker knows"},
		"an object that can't be read":            {[]clientv3.Op{clientv3.OpPut(prefix+"/tenants/acme", `{`)}, "key /tenancy/tenants/acme"},
	})
}

// violation is a transaction that breaks a rule, and what the error says of it.
type violation struct {
	ops  []clientv3.Op
	want string
}

// findEach commits each violation after right, and expects that it is found by what it breaks and by its revision, though
// it is mended later.
func findEach(t *testing.T, right [][]clientv3.Op, violations map[string]violation) {
	t.Helper()
	etcd := startEtcd(t)
	commit(t, etcd, right...)
	require.NoError(t, Check(t.Context(), etcd, prefix))
	for name, tc := range violations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			etcd := startEtcd(t)
			commit(t, etcd, right...)
			broken := commit(t, etcd, tc.ops)
			commit(t, etcd, []clientv3.Op{clientv3.OpDelete(prefix, clientv3.WithPrefix())})
			err := Check(t.Context(), etcd, prefix)
			assert.ErrorContains(t, err, tc.want)
			assert.ErrorContains(t, err, fmt.Sprintf("revision %d", broken))
		})
	}
}

func TestALongHistoryIsReadToItsEndAndFromWhereItBegins(t *testing.T) {
	etcd := startEtcd(t)
	commit(t, etcd, history(t)...)
	// More than etcd replays in one response.
	same := object(t, "/tenants/acme", tenant("acme", "1", 8))
	for range 2500 {
		commit(t, etcd, []clientv3.Op{same})
	}
	require.NoError(t, Check(t.Context(), etcd, prefix))
	wrong := commit(t, etcd, []clientv3.Op{object(t, "/tenants/acme", tenant("acme", "1", 9))})
	right := commit(t, etcd, []clientv3.Op{object(t, "/tenants/acme", tenant("acme", "1", 8))})
	assert.ErrorContains(t, Check(t.Context(), etcd, prefix), fmt.Sprintf("revision %d", wrong), "the last but one of many revisions")

	_, err := etcd.Compact(t.Context(), wrong)
	require.NoError(t, err)
	assert.ErrorContains(t, Check(t.Context(), etcd, prefix), fmt.Sprintf("revision %d", wrong), "the first revision that is not compacted")
	_, err = etcd.Compact(t.Context(), right)
	require.NoError(t, err)
	assert.NoError(t, Check(t.Context(), etcd, prefix), "what was compacted can't be checked")
	broken := commit(t, etcd, []clientv3.Op{clientv3.OpDelete(prefix + "/ledger/claims/ml")})
	assert.ErrorContains(t, Check(t.Context(), etcd, prefix), fmt.Sprintf("revision %d", broken), "after what was compacted")
}
