// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// workload is an AIWorkload of Project ml that asks for gpus, and has them if held is set.
func workload(name, uid string, gpus counts, held bool) *spectrocloud.AIWorkload {
	w := &spectrocloud.AIWorkload{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ml", UID: types.UID(uid)},
		Spec: spectrocloud.AIWorkloadSpec{GPURequests: gpus}}
	reserved := metav1.ConditionFalse
	w.Status.Phase = spectrocloud.ConsumerPending
	if held {
		reserved = metav1.ConditionTrue
		w.Status.Phase, w.Status.GPUUsage = spectrocloud.ConsumerAdmitted, gpus
	}
	w.Status.Conditions = []metav1.Condition{{Type: spectrocloud.ConditionQuotaReserved, Status: reserved}}
	return w
}

// changed is w with change made to it.
func changed(w *spectrocloud.AIWorkload, change func(*spectrocloud.AIWorkload)) *spectrocloud.AIWorkload {
	change(w)
	return w
}

func deleting(w *spectrocloud.AIWorkload) {
	now := metav1.Now()
	w.DeletionTimestamp, w.Finalizers = &now, []string{"example.com/wait"}
}

func suspended(w *spectrocloud.AIWorkload) {
	w.Spec.Suspend, w.Status = true, spectrocloud.ConsumerStatus{Phase: spectrocloud.ConsumerSuspended}
}

const requests = prefix + "/ledger/requests/acme/ml/aiworkloads/"

// write is the transaction of an AIWorkload of Project ml with its request record, or without one where that is empty.
func write(t testing.TB, w *spectrocloud.AIWorkload, record string) []clientv3.Op {
	t.Helper()
	put := object(t, "/aiworkloads/"+w.Namespace+"/"+w.Name, w)
	if record == "" {
		return []clientv3.Op{put, clientv3.OpDelete(requests + w.Name)}
	}
	return []clientv3.Op{put, clientv3.OpPut(requests+w.Name, record)}
}

func remove(name string) []clientv3.Op {
	return []clientv3.Op{clientv3.OpDelete(prefix + "/aiworkloads/ml/" + name), clientv3.OpDelete(requests + name)}
}

// pool is a ComputePool of Project other that asks for as many A100 as it has nodes, and has them.
func pool(name, uid string, nodes int32) *spectrocloud.ComputePool {
	p := &spectrocloud.ComputePool{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "other", UID: types.UID(uid)}}
	p.Spec.ClusterVariant.Dedicated = &spectrocloud.ClusterDeployment{}
	p.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools = []spectrocloud.WorkerPool{
		{Name: "gpu", NodeCount: &nodes, GPU: &spectrocloud.GPURequirement{Family: "A100", GPUCount: 1}}, {Name: "cpu"}}
	p.Status.Phase, p.Status.GPUUsage = spectrocloud.ConsumerRunning, counts{"A100": nodes}
	p.Status.Conditions = []metav1.Condition{{Type: spectrocloud.ConditionQuotaReserved, Status: metav1.ConditionTrue}}
	return p
}

func writePool(t *testing.T, p *spectrocloud.ComputePool) []clientv3.Op {
	t.Helper()
	return []clientv3.Op{object(t, "/computepools/other/"+p.Name, p), clientv3.OpPut(prefix+"/ledger/requests/acme/other/computepools/"+p.Name,
		fmt.Sprintf(`{"uid":%q,"gpus":{"A100":%d},"held":true}`, p.UID, p.Status.GPUUsage["A100"]))}
}

// quotas are the transaction that writes Tenant acme with these.
func quotas(t *testing.T, limit int32) []clientv3.Op {
	t.Helper()
	acme := tenant("acme", "1", limit)
	acme.Spec.GPUResources.Limits["Default"] = 3
	acme.Spec.GPUResources.Requests = counts{"A100": 6}
	return []clientv3.Op{object(t, "/tenants/acme", acme), clientv3.OpPut(prefix+"/ledger/tenants/acme",
		fmt.Sprintf(`{"uid":"1","gpus":{"limits":{"A100":%d,"Default":3},"requests":{"A100":6}}}`, limit))}
}

// usage is history with a second Project, other, of 10 GPUs in all, of which ml may use 8: the AIWorkload train holds 4, the
// ComputePool pool holds 2, and the AIWorkload next waits for 6.
func usage(t *testing.T) [][]clientv3.Op {
	t.Helper()
	other := project("other", "7", "acme", 10)
	other.Spec.GPUResources = spectrocloud.GPUResources{}
	return append(history(t),
		[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/turns/acme", `{"server":"a"}`)},
		quotas(t, 10),
		[]clientv3.Op{object(t, "/projects/other/other", other),
			clientv3.OpPut(prefix+"/ledger/claims/other", `{"kind":"Project","name":"other","uid":"7"}`),
			clientv3.OpPut(prefix+"/ledger/projects/acme/other", `{"uid":"7","gpus":{}}`)},
		write(t, workload("train", "3", counts{"A100": 4}, true), `{"uid":"3","gpus":{"A100":4},"held":true}`),
		writePool(t, pool("pool", "4", 2)),
		write(t, workload("next", "5", counts{"A100": 6}, false), `{"uid":"5","gpus":{"A100":6}}`),
	)
}

func TestEveryBrokenRuleOfGPUsIsFound(t *testing.T) {
	four := counts{"A100": 4}
	held := func(gpus counts) *spectrocloud.AIWorkload { return workload("train", "3", gpus, true) }
	waits := func() *spectrocloud.AIWorkload { return workload("next", "5", counts{"A100": 6}, false) }
	going, now := project("ml", "2", "acme", 8), metav1.Now()
	going.DeletionTimestamp = &now
	const heldRecord, waitRecord = `{"uid":"3","gpus":{"A100":4},"held":true}`, `{"uid":"5","gpus":{"A100":6}}`
	findEach(t, usage(t), map[string]violation{
		"GPUs that the ledger does not know of": {[]clientv3.Op{clientv3.OpDelete(requests + "train")}, "the request record is"},
		"a request that the ledger does not know of": {[]clientv3.Op{clientv3.OpDelete(requests + "next")},
			"the request record is"},
		"a record without an object": {[]clientv3.Op{clientv3.OpDelete(prefix + "/aiworkloads/ml/train")}, "the request record is"},
		"a record of another UID": {[]clientv3.Op{clientv3.OpPut(requests+"train", `{"uid":"9","gpus":{"A100":4},"held":true}`)},
			"the request record is"},
		"a record of other GPUs": {[]clientv3.Op{clientv3.OpPut(requests+"train", `{"uid":"3","gpus":{"A100":3},"held":true}`)},
			"the request record is"},
		"a record that waits for what is held": {[]clientv3.Op{clientv3.OpPut(requests+"train", `{"uid":"3","gpus":{"A100":4}}`)},
			"the request record is"},
		"a record that holds what is waited for": {[]clientv3.Op{clientv3.OpPut(requests+"next", `{"uid":"5","gpus":{"A100":6},"held":true}`)},
			"the request record is"},
		"a record under another Tenant": {[]clientv3.Op{clientv3.OpDelete(requests + "train"),
			clientv3.OpPut(prefix+"/ledger/requests/beta/ml/aiworkloads/train", heldRecord)}, `is under Tenant "beta", but its Project is under "acme"`},
		"a record under two Tenants": {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/requests/beta/ml/aiworkloads/train", heldRecord)},
			"has a request record under Tenant acme as well"},
		"a record for what a pool is charged with": {write(t, changed(waits(), func(w *spectrocloud.AIWorkload) {
			w.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: "pool"}
			w.Status = spectrocloud.ConsumerStatus{Phase: spectrocloud.ConsumerAdmitted}
		}), waitRecord), "the request record is"},
		"a record of what is suspended":            {write(t, changed(waits(), suspended), waitRecord), "the request record is"},
		"a record of what waits while it goes":     {write(t, changed(waits(), deleting), waitRecord), "the request record is"},
		"no record of what holds while it goes":    {write(t, changed(held(four), deleting), ""), "the request record is"},
		"a record without a Project":               {[]clientv3.Op{clientv3.OpDelete(prefix + "/projects/ml/ml")}, `2 request records of the Project under Tenant "acme", but its Tenant is ""`},
		"a record of an unknown resource":          {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/requests/acme/ml/pods/x", `{}`)}, "not a key that the checker knows"},
		"a record that says more than is checked":  {[]clientv3.Op{clientv3.OpPut(requests+"train", `{"uid":"3","more":1}`)}, "unknown field"},
		"a turn that says more than is checked":    {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/turns/acme", `{"server":"a","until":1}`)}, "unknown field"},
		"a workload that can't be read":            {[]clientv3.Op{clientv3.OpPut(prefix+"/aiworkloads/ml/train", `{`)}, "key /tenancy/aiworkloads/ml/train"},
		"a workload that is a pool":                {[]clientv3.Op{object(t, "/aiworkloads/ml/train", tenant("train", "3", 1))}, "which asks for no GPUs"},
		"a workload at an unknown key":             {[]clientv3.Op{object(t, "/aiworkloads/train", held(four))}, "not a key that the checker knows"},
		"other GPUs than the spec asks for":        {write(t, changed(held(four), func(w *spectrocloud.AIWorkload) { w.Spec.GPURequests = counts{"A100": 3} }), heldRecord), "it holds map[A100:4], but its spec asks for map[A100:3]"},
		"GPUs that are held in suspension":         {write(t, changed(held(four), func(w *spectrocloud.AIWorkload) { w.Spec.Suspend = true }), heldRecord), "it holds map[A100:4], but its spec asks for map[]"},
		"a family that is held with none of it":    {write(t, held(counts{"A100": 4, "L4": 0}), `{"uid":"3","gpus":{"A100":4,"L4":0},"held":true}`), "it holds 0 of L4"},
		"GPUs that are held while Pending":         {write(t, changed(held(four), func(w *spectrocloud.AIWorkload) { w.Status.Phase = "Pending" }), heldRecord), `it holds GPUs, but its phase is "Pending"`},
		"GPUs that are held without the condition": {write(t, changed(held(four), func(w *spectrocloud.AIWorkload) { w.Status.Conditions = nil }), heldRecord), `QuotaReserved is ""`},
		"a request that waits while it runs":       {write(t, changed(waits(), func(w *spectrocloud.AIWorkload) { w.Status.Phase = "Running" }), waitRecord), `it waits, but its phase is "Running"`},
		"what is suspended in another phase":       {write(t, changed(waits(), func(w *spectrocloud.AIWorkload) { w.Spec.Suspend = true }), ""), `suspended is true, but its phase is "Pending"`},
		"what waits for nothing":                   {write(t, changed(waits(), func(w *spectrocloud.AIWorkload) { w.Spec.GPURequests = nil }), ""), "it asks for no GPUs, but its phase is Pending"},
		"more than the Project may use":            {write(t, workload("more", "6", counts{"A100": 5}, true), `{"uid":"6","gpus":{"A100":5},"held":true}`), "ml uses 9 A100, 5 more than before, but may use 8"},
		"more than the Tenant may use":             {writePool(t, pool("more", "6", 5)), "acme uses 11 A100, 5 more than before, but may use 10"},
		"more than the Tenant's Default":           {write(t, workload("more", "6", counts{"L4": 4}, true), `{"uid":"6","gpus":{"L4":4},"held":true}`), "ml uses 4 L4, 4 more than before, but may use 3"},
		"growth to more than may be used":          {writePool(t, pool("pool", "4", 7)), "acme uses 11 A100, 5 more than before, but may use 10"},
		"more in a Project that goes": {append(write(t, workload("more", "6", counts{"L4": 1}, true), `{"uid":"6","gpus":{"L4":1},"held":true}`),
			object(t, "/projects/ml/ml", going), clientv3.OpPut(prefix+"/ledger/projects/acme/ml", `{"uid":"2","terminating":true,"gpus":{"limits":{"A100":8}}}`)),
			"ml uses 1 L4 more than before, though it is being deleted"},
		"more than one request may ask for":                {write(t, workload("more", "6", counts{"A100": 7}, false), `{"uid":"6","gpus":{"A100":7}}`), "asks for 7 A100, but one request may ask for 6"},
		"a place that is taken for nothing":                {write(t, workload("more", "6", counts{"A100": 5}, false), `{"uid":"6","gpus":{"A100":5},"place":1}`), "names a place that it did not have"},
		"an older place":                                   {write(t, waits(), `{"uid":"5","gpus":{"A100":6},"place":1}`), "and is now at 1, though it asks for the same"},
		"a place that is lost":                             {write(t, waits(), waitRecord), "though it asks for the same"},
		"a place of what holds":                            {write(t, held(four), `{"uid":"3","gpus":{"A100":4},"held":true,"place":1}`), "has a place, but holds its GPUs"},
		"a turn of no Tenant":                              {[]clientv3.Op{clientv3.OpPut(prefix+"/ledger/turns/ml", `{"server":"a"}`)}, "a Tenant that does not live"},
		"a request that changes in nobody's turn":          {append(remove("next"), clientv3.OpDelete(prefix+"/ledger/turns/acme")), "in nobody's turn to decide on Tenant acme"},
		"two of a kind at one revision":                    {append(write(t, workload("one", "6", nil, false), ""), write(t, workload("two", "8", nil, false), "")...), "so that a watch loses one of them"},
		"two of a kind at one revision, one of which goes": {append(writePool(t, pool("one", "6", 1)), clientv3.OpDelete(prefix+"/computepools/other/pool")), "so that a watch loses one of them"},
	})
}

// Each of these follows on the one before.
func TestWhatKeepsTheRulesIsNotReported(t *testing.T) {
	etcd := startEtcd(t)
	first := commit(t, etcd, usage(t)...)
	wait := workload("next", "5", counts{"A100": 6}, false)
	train := workload("train", "3", counts{"A100": 4}, true)
	steps := []struct {
		name string
		ops  []clientv3.Op
	}{
		{"a status", write(t, changed(train, func(w *spectrocloud.AIWorkload) { w.Status.Phase = spectrocloud.ConsumerRunning }),
			`{"uid":"3","gpus":{"A100":4},"held":true}`)},
		{"a write of what waits keeps its place", write(t, wait, fmt.Sprintf(`{"uid":"5","gpus":{"A100":6},"place":%d}`, first))},
		{"a limit lowered below what is used", append(quotas(t, 5), object(t, "/projects/ml/ml", project("ml", "2", "acme", 5)),
			clientv3.OpPut(prefix+"/ledger/projects/acme/ml", `{"uid":"2","gpus":{"limits":{"A100":5}}}`))},
		{"less is held, though more than may be", write(t, workload("train", "3", counts{"A100": 3}, true), `{"uid":"3","gpus":{"A100":3},"held":true}`)},
		{"less is asked for at the old place", write(t, workload("next", "5", counts{"A100": 5}, false),
			fmt.Sprintf(`{"uid":"5","gpus":{"A100":5},"place":%d}`, first))},
		{"more is asked for at a new place", write(t, workload("next", "5", counts{"A100": 6}, false), `{"uid":"5","gpus":{"A100":6}}`)},
		{"what holds is deleted", write(t, changed(workload("train", "3", counts{"A100": 3}, true), deleting), `{"uid":"3","gpus":{"A100":3},"held":true}`)},
		{"what waits is deleted", write(t, changed(wait, deleting), "")},
		{"what holds is gone", remove("train")},
		{"what waited is gone", remove("next")},
		{"a limit is raised", append(quotas(t, 10), object(t, "/projects/ml/ml", project("ml", "2", "acme", 8)),
			clientv3.OpPut(prefix+"/ledger/projects/acme/ml", `{"uid":"2","gpus":{"limits":{"A100":8}}}`))},
		{"another of the name", write(t, workload("next", "15", counts{"A100": 6, "L4": 3}, true), `{"uid":"15","gpus":{"A100":6,"L4":3},"held":true}`)},
		{"it is suspended", write(t, changed(workload("next", "15", counts{"A100": 6, "L4": 3}, true), suspended), "")},
		{"it asks again", write(t, workload("next", "15", counts{"A100": 6}, true), `{"uid":"15","gpus":{"A100":6},"held":true}`)},
		{"one that asks for nothing", write(t, changed(workload("idle", "16", nil, false), func(w *spectrocloud.AIWorkload) {
			w.Status.Phase = spectrocloud.ConsumerAdmitted
		}), "")},
		{"one of each kind at one revision", append(writePool(t, pool("second", "17", 2)), remove("idle")...)},
		{"a turn is given up", []clientv3.Op{clientv3.OpDelete(prefix + "/ledger/turns/acme")}},
	}
	for _, step := range steps {
		commit(t, etcd, step.ops)
		require.NoError(t, Check(t.Context(), etcd, prefix), step.name)
	}
	summary, err := Replay(t.Context(), etcd, prefix)
	require.NoError(t, err)
	assert.Equal(t, len(usage(t))-1+len(steps), summary.Revisions, "all but what is elsewhere")
	assert.Equal(t, 5, summary.Admissions, "train, next, next again, and two pools")
	assert.Equal(t, 2, summary.Releases, "train and next")
	assert.Equal(t, 1, summary.Waits, "next")
	assert.Equal(t, map[string]map[string]int64{"acme": {"A100": 10, "L4": 3}, "ml": {"A100": 6, "L4": 3}, "other": {"A100": 4}}, summary.MaxUsed)

	_, err = etcd.Compact(t.Context(), first+3)
	require.NoError(t, err)
	require.NoError(t, Check(t.Context(), etcd, prefix), "how it came to what is stored first can't be checked")
}

func TestWhoGetsGPUsBeforeAnOlderRequestIsFoundWhereTheOrderIsChecked(t *testing.T) {
	ask := func(name string, gpus int32, held bool) []clientv3.Op {
		record := fmt.Sprintf(`{"uid":%q,"gpus":{"A100":%d}}`, name, gpus)
		if held {
			record = fmt.Sprintf(`{"uid":%q,"gpus":{"A100":%d},"held":true}`, name, gpus)
		}
		return write(t, workload(name, name, counts{"A100": gpus}, held), record)
	}
	// Of 8 GPUs, train uses 4, old waits for 6, and first and second wait for 3 each since later. 1 is used elsewhere.
	begin := append(usage(t), write(t, workload("more", "20", counts{"A100": 2}, true), `{"uid":"20","gpus":{"A100":2},"held":true}`),
		ask("first", 3, false), ask("second", 3, false))
	free := remove("more")
	for name, tc := range map[string]struct {
		ops  [][]clientv3.Op
		want string
	}{
		"in order, over one that does not fit":          {[][]clientv3.Op{free, ask("first", 3, true)}, ""},
		"the younger of two":                            {[][]clientv3.Op{free, ask("second", 3, true)}, "aiworkloads ml/second took A100 that aiworkloads ml/first, waiting since"},
		"one that comes while another fits":             {[][]clientv3.Op{free, ask("third", 3, true)}, "ml/third took A100 that aiworkloads ml/first"},
		"one that grows while another fits":             {[][]clientv3.Op{free, writePool(t, pool("pool", "4", 4))}, "other/pool took A100 that aiworkloads ml/first"},
		"of another family":                             {[][]clientv3.Op{free, write(t, workload("third", "23", counts{"L4": 3}, true), `{"uid":"23","gpus":{"L4":3},"held":true}`)}, ""},
		"in another Project, what can't be used here":   {[][]clientv3.Op{writePool(t, pool("more", "24", 1))}, ""},
		"the younger after all that it takes from fits": {[][]clientv3.Op{free, ask("first", 3, true), remove("train"), ask("second", 3, true)}, ""},
		"two at a time, committed in another order":     {[][]clientv3.Op{ask("a", 2, false), ask("b", 3, false), ask("c", 2, false), remove("first"), remove("second"), free, ask("c", 2, true), ask("a", 2, true)}, ""},
		"two at a time, over one that would have fit":   {[][]clientv3.Op{ask("a", 2, false), ask("b", 2, false), ask("c", 2, false), remove("first"), remove("second"), free, ask("a", 2, true), ask("c", 2, true)}, "ml/c took A100 that aiworkloads ml/b"},
		"the younger, so that the oldest fits no more":  {[][]clientv3.Op{free, remove("train"), ask("first", 3, true)}, "ml/first took A100 that aiworkloads ml/next"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			etcd := startEtcd(t)
			commit(t, etcd, begin...)
			last := commit(t, etcd, tc.ops...)
			_, err := CheckOrder(t.Context(), etcd, prefix)
			if tc.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tc.want)
				assert.ErrorContains(t, err, fmt.Sprintf("revision %d", last))
			}
			assert.NoError(t, Check(t.Context(), etcd, prefix), "which does not look at the order")
		})
	}
}
