// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
)

func decode(_ context.Context, _, _ string, value []byte) (runtime.Object, error) {
	return runtime.Decode(apiserver.Codecs.UniversalDecoder(spectrocloud.SchemeGroupVersion), value)
}

// stocked has something of everything, in a Tenant of 4 A100: the AIWorkload holds has 3 of them and the ComputePool pool 1;
// waits and waits-too ask for 2 each, and stopped is suspended.
func stocked(t *testing.T, s *server) {
	t.Helper()
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": {"A100": 4}, "web": nil})
	require.NoError(t, s.createTenant(t.Context(), newTenant("beta", nil)))
	stopped := newWorkload("ml", "stopped", counts{"A100": 1})
	stopped.Spec.Suspend = true
	for _, w := range []*spectrocloud.AIWorkload{newWorkload("ml", "holds", counts{"A100": 3}), stopped, newWorkload("ml", "idle", nil)} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), w)))
	}
	require.NoError(t, errorOf(s.createPool(t.Context(), newPool("web", "pool", "A100", 1))))
	for _, name := range []string{"waits", "waits-too"} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 2}))))
	}
}

const (
	claimsAt   = prefix + "/ledger/claims/"
	requestsAt = prefix + "/ledger/requests/acme/"
)

func TestAHealthyLedgerHasNoDifferences(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	stocked(t, s)
	require.NoError(t, s.deleteProject(t.Context(), "web"))
	require.NoError(t, s.deleteTenant(t.Context(), "beta"))
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "waits", counts{"A100": 1, "L4": 1}))
	require.NoError(t, s.updateWorkload(t.Context(), "ml", "waits-too", func(w *spectrocloud.AIWorkload) { w.Finalizers = []string{"example.com/wait"} }))
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "waits-too"))
	report, err := quota.Check(t.Context(), etcd, prefix, decode)
	require.NoError(t, err)
	assert.Empty(t, report.Differences)
	assert.Empty(t, report.Problems)
	assert.Equal(t, map[string]int{"tenants": 2, "projects": 2, "aiworkloads": 5, "computepools": 1}, report.Objects)
	assert.Equal(t, 4+2+2+3+1, report.Records, "claims, Tenants, Projects, requests and a turn")
	assert.Equal(t, revision(t, etcd), report.Revision)
}

// restore makes etcd hold what it held before.
func restore(t *testing.T, etcd *clientv3.Client, before map[string]string) {
	t.Helper()
	_, err := etcd.Delete(t.Context(), prefix, clientv3.WithPrefix())
	require.NoError(t, err)
	for key, value := range before {
		_, err := etcd.Put(t.Context(), key, value)
		require.NoError(t, err)
	}
}

// damage is something done to etcd behind the servers' backs.
type damage struct {
	ops []clientv3.Op
	// difference and plan are how the one difference is told, and what is to be done.
	difference, plan string
}

func TestEachKindOfDamageIsToldAndRepaired(t *testing.T) {
	etcd := startUncheckedEtcd(t)
	t.Run("a server comes and goes", func(t *testing.T) { stocked(t, newServer(t, etcd, denies)) })
	uid := func(key string) string {
		kv := keys(t, etcd)[key]
		at := strings.Index(kv, `"uid":"`) + len(`"uid":"`)
		return kv[at : at+36]
	}
	put := func(key, value string) []clientv3.Op { return []clientv3.Op{clientv3.OpPut(key, value)} }
	remove := func(key string) []clientv3.Op { return []clientv3.Op{clientv3.OpDelete(key)} }
	holds, waits, tenantAt, projectAt := requestsAt+"ml/aiworkloads/holds", requestsAt+"ml/aiworkloads/waits", prefix+"/ledger/tenants/acme", prefix+"/ledger/projects/acme/ml"
	for name, tc := range map[string]damage{
		"a claim is missing":       {ops: remove(claimsAt + "ml"), difference: claimsAt + "ml is missing: projects/ml/ml calls for {", plan: "put " + claimsAt + `ml: nothing -> {"kind":"Project"`},
		"a claim is another's":     {ops: put(claimsAt+"ml", `{"kind":"Tenant","name":"ml","uid":"1"}`), difference: "projects/ml/ml calls for {", plan: `-> {"kind":"Project"`},
		"a claim is nobody's":      {ops: put(claimsAt+"free", `{"kind":"Tenant","name":"free","uid":"1"}`), difference: "there is no tenants/free or projects/free/free", plan: "-> nothing"},
		"a Tenant's is missing":    {ops: remove(tenantAt), difference: tenantAt + " is missing: tenants/acme calls for {", plan: `"limits":{"A100":4}`},
		"a Tenant's is old":        {ops: put(tenantAt, `{"uid":"`+uid(tenantAt)+`","gpus":{"limits":{"A100":9}}}`), difference: `"limits":{"A100":9}}}: tenants/acme calls for`, plan: `"limits":{"A100":4}`},
		"a Tenant's is too many":   {ops: put(prefix+"/ledger/tenants/gone", `{"uid":"1","gpus":{}}`), difference: "there is no tenants/gone", plan: "-> nothing"},
		"a Project's is missing":   {ops: remove(projectAt), difference: projectAt + " is missing: projects/ml/ml calls for {", plan: `"limits":{"A100":4}`},
		"a Project's is old":       {ops: put(projectAt, `{"uid":"1","terminating":true,"gpus":{}}`), difference: `projects/ml/ml calls for`, plan: `"limits":{"A100":4}`},
		"a Project's is elsewhere": {ops: put(prefix+"/ledger/projects/beta/ml", `{"uid":"1","gpus":{}}`), difference: "projects/ml/ml calls for none", plan: "-> nothing"},
		"a Project's is too many":  {ops: put(prefix+"/ledger/projects/acme/gone", `{"uid":"1","gpus":{}}`), difference: "there is no projects/gone/gone", plan: "-> nothing"},
		"what holds is missing":    {ops: remove(holds), difference: holds + ` is missing: aiworkloads/ml/holds calls for {`, plan: `"gpus":{"A100":3},"held":true}`},
		"what holds waits":         {ops: put(holds, `{"uid":"`+uid(holds)+`","gpus":{"A100":3}}`), difference: "aiworkloads/ml/holds calls for {", plan: `"gpus":{"A100":3},"held":true}`},
		"what holds, holds less":   {ops: put(holds, `{"uid":"`+uid(holds)+`","gpus":{"A100":2},"held":true}`), difference: `"gpus":{"A100":2},"held":true}: aiworkloads/ml/holds calls for {`, plan: `"gpus":{"A100":3},"held":true}`},
		"what holds is unreadable": {ops: put(holds, "{\x00"), difference: holds + ` is "{\x00": aiworkloads/ml/holds calls for {`, plan: `"gpus":{"A100":3},"held":true}`},
		"what holds says more":     {ops: put(holds, `{"uid":"`+uid(holds)+`","gpus":{"A100":3},"held":true,"until":7}`), difference: `"until":7}: aiworkloads/ml/holds calls for {`, plan: `"held":true}`},
		"a pool's is missing":      {ops: remove(requestsAt + "web/computepools/pool"), difference: "computepools/web/pool calls for {", plan: `"gpus":{"A100":1},"held":true}`},
		"what waits is missing":    {ops: remove(waits), difference: waits + " is missing: aiworkloads/ml/waits calls for {", plan: `"gpus":{"A100":2}}, at the end of its queue`},
		"what waits holds":         {ops: put(waits, `{"uid":"`+uid(waits)+`","gpus":{"A100":2},"held":true}`), difference: "aiworkloads/ml/waits calls for {", plan: `"gpus":{"A100":2}}, at the end of its queue`},
		"what waits asks for more": {ops: put(waits, `{"uid":"`+uid(waits)+`","gpus":{"A100":3},"place":7}`), difference: "aiworkloads/ml/waits calls for {", plan: `"gpus":{"A100":2},"place":7}`},
		"what is suspended holds":  {ops: put(requestsAt+"ml/aiworkloads/stopped", `{"uid":"1","gpus":{"A100":1},"held":true}`), difference: "aiworkloads/ml/stopped calls for none", plan: "-> nothing"},
		"nobody holds":             {ops: put(requestsAt+"ml/aiworkloads/gone", `{"uid":"1","gpus":{"A100":1},"held":true}`), difference: "there is no aiworkloads/ml/gone", plan: "-> nothing"},
		"it holds in two Tenants":  {ops: put(prefix+"/ledger/requests/beta/ml/aiworkloads/holds", `{"uid":"1","gpus":{"A100":3},"held":true}`), difference: "aiworkloads/ml/holds calls for none", plan: "-> nothing"},
		"the object is gone":       {ops: remove(prefix + "/aiworkloads/ml/waits"), difference: "there is no aiworkloads/ml/waits", plan: "-> nothing"},
		"nobody's turn":            {ops: put(prefix+"/ledger/turns/gone", `{"server":"a"}`), difference: "there is no tenants/gone", plan: "-> nothing"},
		"an unreadable turn":       {ops: put(prefix+"/ledger/turns/acme", ``), difference: `turns/acme is "": tenants/acme calls for none`, plan: "-> nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			before := keys(t, etcd)
			_, err := etcd.Txn(t.Context()).Then(tc.ops...).Commit()
			require.NoError(t, err)
			report, err := quota.Check(t.Context(), etcd, prefix, decode)
			require.NoError(t, err)
			require.Len(t, report.Differences, 1, "%v", report.Differences)
			assert.Empty(t, report.Problems)
			assert.Contains(t, report.Differences[0].String(), tc.difference)
			assert.Contains(t, report.Differences[0].Plan(), tc.plan)
			turn := modRevision(t, etcd, prefix+"/ledger/turns/acme")

			done, err := report.Differences[0].Repair(t.Context(), etcd)
			require.NoError(t, err)
			assert.True(t, done)
			repaired, err := quota.Check(t.Context(), etcd, prefix, decode)
			require.NoError(t, err)
			assert.Empty(t, repaired.Differences)
			assert.Empty(t, repaired.Problems)
			if strings.HasPrefix(report.Differences[0].Key, requestsAt) {
				assert.Greater(t, modRevision(t, etcd, prefix+"/ledger/turns/acme"), turn, "decisions on their way must not come to pass")
			}
			done, err = report.Differences[0].Repair(t.Context(), etcd)
			require.NoError(t, err)
			assert.False(t, done, "it is no longer as it was compared")
			restore(t, etcd, before)
		})
	}
}

func TestServersGoOnWithWhatWasRepaired(t *testing.T) {
	etcd := startUncheckedEtcd(t)
	s := newServer(t, etcd, denies)
	stocked(t, s)
	_, err := etcd.Txn(t.Context()).Then(
		clientv3.OpDelete(requestsAt+"ml/aiworkloads/waits"),
		clientv3.OpPut(requestsAt+"ml/aiworkloads/holds", "unreadable"),
	).Commit()
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		err := errorOf(s.dry().createWorkload(t.Context(), newWorkload("ml", "new", counts{"A100": 1})))
		assert.ErrorContains(c, err, requestsAt+"ml/aiworkloads/holds can't be read", "what can't be read stops decisions, and says where it is")
	}, soon, 2*time.Millisecond)

	report, err := quota.Check(t.Context(), etcd, prefix, decode)
	require.NoError(t, err)
	require.Len(t, report.Differences, 2)
	for _, difference := range report.Differences {
		done, err := difference.Repair(t.Context(), etcd)
		require.NoError(t, err)
		assert.True(t, done)
	}
	_, err = etcd.Compact(t.Context(), revision(t, etcd))
	require.NoError(t, err)
	assert.Equal(t, []string{"waits-too", "waits"}, queue(t, etcd, "acme"), "what had lost its place is last")
	w, err := s.createWorkload(t.Context(), newWorkload("ml", "new", counts{"A100": 1}))
	require.NoError(t, err)
	assert.Equal(t, pending, w.Status.Phase)
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "holds"))
	s.becomes(t, admitted, "ml", "waits-too")
	s.becomes(t, pending, "ml", "waits")
	s.becomes(t, admitted, "ml", "new")
	assert.NoError(t, quotatest.Check(t.Context(), etcd, prefix))
}

func TestWhatCannotBeReadOrDecidedIsToldAndLeftAlone(t *testing.T) {
	etcd := startUncheckedEtcd(t)
	t.Run("a server comes and goes", func(t *testing.T) { stocked(t, newServer(t, etcd, denies)) })
	encode := func(obj runtime.Object) string {
		data, err := runtime.Encode(apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion), obj)
		require.NoError(t, err)
		return string(data)
	}
	held, err := decode(t.Context(), "", "", []byte(keys(t, etcd)[prefix+"/aiworkloads/ml/holds"]))
	require.NoError(t, err)
	other := held.DeepCopyObject().(*spectrocloud.AIWorkload)
	other.Spec.GPURequests = counts{"A100": 1}
	large := newProject("ml", "acme", counts{"A100": 5})
	large.UID = held.(*spectrocloud.AIWorkload).UID
	put := func(key, value string) []clientv3.Op { return []clientv3.Op{clientv3.OpPut(prefix+key, value)} }
	for name, tc := range map[string]struct {
		ops         []clientv3.Op
		problem     string
		differences int
	}{
		"an object that can't be read":     {put("/aiworkloads/ml/holds", "k8s\x00nonsense"), "/aiworkloads/ml/holds can't be read: ", 0},
		"a Tenant that can't be read":      {put("/tenants/acme", "nonsense"), "/tenants/acme can't be read: ", 0},
		"a Project that can't be read":     {put("/projects/ml/ml", "nonsense"), "/projects/ml/ml can't be read: ", 0},
		"an object at another's key":       {put("/aiworkloads/ml/copy", encode(other)), "/aiworkloads/ml/copy holds the object of /tenancy/aiworkloads/ml/holds", 0},
		"a Project that is gone":           {[]clientv3.Op{clientv3.OpDelete(prefix + "/projects/ml/ml")}, `its Project "ml" can't be found or read`, 2},
		"a Tenant that is gone":            {[]clientv3.Op{clientv3.OpDelete(prefix + "/tenants/acme")}, `/projects/ml/ml is of Tenant "acme", which can't be found or read`, 3},
		"a Project above its Tenant":       {put("/projects/ml/ml", encode(large)), `has 5 in spec.gpuResources.limits[A100], above the 4 of Tenant "acme"`, 2},
		"a namespace of two":               {put("/tenants/ml", encode(newTenant("ml", nil))), "/projects/ml/ml and a Tenant have the same namespace", 1},
		"a Project outside of its own":     {put("/projects/ml/other", encode(&spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: "other", Namespace: "ml"}})), "is a Project outside of the namespace of its own name", 0},
		"what holds other than it asks":    {put("/aiworkloads/ml/holds", encode(other)), `holds "3 A100", but its spec asks for "1 A100"`, 0},
		"a key that is of no known record": {put("/ledger/totals/acme", "{}"), "/ledger/totals/acme is not a key of this version's ledger", 0},
		"a record at no known depth":       {put("/ledger/requests/acme/ml", "{}"), "/ledger/requests/acme/ml is not a key of this version's ledger", 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := keys(t, etcd)
			_, err := etcd.Txn(t.Context()).Then(tc.ops...).Commit()
			require.NoError(t, err)
			report, err := quota.Check(t.Context(), etcd, prefix, decode)
			require.NoError(t, err)
			assert.Contains(t, strings.Join(report.Problems, "\n"), tc.problem)
			assert.Len(t, report.Differences, tc.differences, "%v", report.Differences)
			restore(t, etcd, before)
		})
	}
}

func TestALedgerOfManyPagesIsReadToItsEnd(t *testing.T) {
	etcd := startUncheckedEtcd(t)
	const pages, size = 120, 100
	for page := range pages {
		ops := make([]clientv3.Op, size)
		for i := range ops {
			ops[i] = clientv3.OpPut(fmt.Sprintf("%sns-%03d-%03d", claimsAt, page, i), `{"kind":"Project","name":"x","uid":"1"}`)
		}
		_, err := etcd.Txn(t.Context()).Then(ops...).Commit()
		require.NoError(t, err)
	}
	report, err := quota.Check(t.Context(), etcd, prefix, decode)
	require.NoError(t, err)
	assert.Equal(t, pages*size, report.Records)
	assert.Len(t, report.Differences, pages*size)
	assert.Equal(t, claimsAt+"ns-119-099", report.Differences[pages*size-1].Key)
}
