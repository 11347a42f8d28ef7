// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestWhatHoldsGPUsGrowsIfTheyFitAndGivesThemBackAtOnce(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 8, "L4": 2}, map[string]counts{"ml": nil})
	require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", "train", counts{"A100": 4}))))
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "train", counts{"A100": 7}))
	require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", "next", counts{"A100": 4}))))
	before := revision(t, etcd)

	err := s.resizeWorkload(t.Context(), "ml", "train", counts{"A100": 9})
	assert.True(t, apierrors.IsForbidden(err), err)
	assert.ErrorContains(t, err, "it holds 7 A100 and can't be raised by 2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)")
	err = s.resizeWorkload(t.Context(), "ml", "train", counts{"A100": 3, "L4": 3})
	assert.ErrorContains(t, err, "can't be raised by 3 L4: acme uses 0 of 2 (Tenant limit; 2 would fit)", "what it would free does not make up for it")
	assert.Equal(t, before, revision(t, etcd), "a refused write left something")

	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "train", counts{"A100": 4, "L4": 2}))
	w, err := s.getWorkload(t.Context(), "ml", "train")
	require.NoError(t, err)
	assert.Equal(t, counts{"A100": 4, "L4": 2}, w.Status.GPUUsage)
	assert.Equal(t, "Holds 4 A100, 2 L4", reserved(w.Status).Message)
	assert.Equal(t, w.Generation, w.Status.ObservedGeneration)
	s.becomes(t, admitted, "ml", "next")

	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "train", nil), "who asks for nothing holds nothing")
	used, _, err := s.usedBy(t.Context(), "ml", "A100")
	require.NoError(t, err)
	assert.EqualValues(t, 4, used)
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "train", counts{"A100": 5}), "and may wait when it asks again")
	s.becomes(t, pending, "ml", "train")
}

func TestWhatWaitsKeepsItsPlaceUnlessItAsksForMore(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil, "web": nil})
	require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", "train", counts{"A100": 4}))))
	for _, name := range []string{"a", "b", "c", "d"} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("web", name, counts{"A100": 4}))))
	}
	require.NoError(t, s.resizeWorkload(t.Context(), "web", "a", counts{"A100": 5}), "to the end, and too much to ever fit")
	require.NoError(t, s.resizeWorkload(t.Context(), "web", "b", counts{"A100": 3}))
	require.NoError(t, s.updateWorkload(t.Context(), "web", "b", func(w *spectrocloud.AIWorkload) { w.Spec.DisplayName = "Still b" }))
	require.NoError(t, s.resizeWorkload(t.Context(), "web", "c", counts{"A100": 3, "L4": 1}), "of another family is more")
	require.NoError(t, s.suspendWorkload(t.Context(), "web", "d", true))
	require.NoError(t, s.suspendWorkload(t.Context(), "web", "d", false))

	for _, next := range []string{"b", "c", "d"} {
		w, err := s.getWorkload(t.Context(), "web", next)
		require.NoError(t, err)
		assert.Equal(t, pending, w.Status.Phase)
		for _, name := range []string{"train", "b", "c"} {
			if err := s.deleteWorkload(t.Context(), map[bool]string{true: "ml", false: "web"}[name == "train"], name); err == nil {
				break
			}
		}
		s.becomes(t, admitted, "web", next)
	}
	s.becomes(t, pending, "web", "a")
}

func TestSuspensionGivesGPUsBackAndLeavesTheQueue(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil})
	for _, name := range []string{"a", "b", "c"} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 3}))))
	}
	require.NoError(t, s.suspendWorkload(t.Context(), "ml", "b", true), "it leaves the queue")
	require.NoError(t, s.suspendWorkload(t.Context(), "ml", "a", true), "and this one frees GPUs")
	s.becomes(t, admitted, "ml", "c")
	for _, name := range []string{"a", "b"} {
		w, err := s.getWorkload(t.Context(), "ml", name)
		require.NoError(t, err)
		assert.Equal(t, suspended, w.Status.Phase)
		assert.Empty(t, w.Status.GPUUsage)
		assert.Equal(t, "Suspended", reserved(w.Status).Reason)
	}
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "a", counts{"A100": 4}), "nothing holds it to what it had")
	require.NoError(t, s.suspendWorkload(t.Context(), "ml", "b", false))
	require.NoError(t, s.suspendWorkload(t.Context(), "ml", "a", false))
	assert.Equal(t, []string{"b", "a"}, queue(t, etcd, "acme"))
	require.NoError(t, s.suspendWorkload(t.Context(), "ml", "c", true))
	s.becomes(t, admitted, "ml", "b")
	s.becomes(t, pending, "ml", "a")
}

func TestADeletedConsumerHoldsItsGPUsUntilItIsGoneAndWaitsNoMore(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil})
	for _, name := range []string{"holds", "waits", "next"} {
		w := newWorkload("ml", name, counts{"A100": 3})
		w.Finalizers = []string{"example.com/wait"}
		require.NoError(t, errorOf(s.createWorkload(t.Context(), w)))
	}
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "waits"))
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "holds"))
	assert.Equal(t, []string{"next"}, queue(t, etcd, "acme"))
	w, err := s.getWorkload(t.Context(), "ml", "waits")
	require.NoError(t, err)
	assert.Equal(t, pending, w.Status.Phase)
	assert.Equal(t, "Terminating", reserved(w.Status).Reason)

	// Neither a status update nor a change of the spec brings it back, or ends it.
	require.NoError(t, update(as(t.Context(), ann, "aiworkloads", "status", "ml"), s.workloadStatus, "holds", nil,
		func(w *spectrocloud.AIWorkload) { w.Finalizers, w.Status.GPUUsage = nil, nil }))
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "waits", counts{"A100": 1}))
	used, waiting, err := s.usedBy(t.Context(), "ml", "A100")
	require.NoError(t, err)
	assert.EqualValues(t, 3, used)
	assert.EqualValues(t, 3, waiting)
	require.NoError(t, s.resizeWorkload(t.Context(), "ml", "holds", counts{"A100": 2}), "it may give some back")

	finalize := func(name string) error {
		return s.updateWorkload(t.Context(), "ml", name, func(w *spectrocloud.AIWorkload) { w.Finalizers = nil })
	}
	require.NoError(t, finalize("waits"))
	s.becomes(t, pending, "ml", "next")
	require.NoError(t, finalize("holds"))
	s.becomes(t, admitted, "ml", "next")
	require.NoError(t, finalize("next"))
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "next"))
	used, waiting, err = s.usedBy(t.Context(), "ml", "A100")
	require.NoError(t, err)
	assert.Zero(t, used)
	assert.Zero(t, waiting)
}

func TestAStatusUpdateChangesNothingThatTheLedgerDecides(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil})
	for _, name := range []string{"holds", "waits"} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 3}))))
	}
	records := []string{prefix + "/ledger/requests/acme/ml/aiworkloads/holds", prefix + "/ledger/requests/acme/ml/aiworkloads/waits"}
	before := []int64{modRevision(t, etcd, records[0]), modRevision(t, etcd, records[1])}
	other := metav1.Condition{Type: "ClusterReady", Status: metav1.ConditionTrue, Reason: "Up", LastTransitionTime: metav1.Now()}
	for name, phase := range map[string]spectrocloud.ConsumerPhase{"holds": spectrocloud.ConsumerRunning, "waits": pending} {
		was, err := s.getWorkload(t.Context(), "ml", name)
		require.NoError(t, err)
		require.NoError(t, s.reportWorkload(t.Context(), "ml", name, func(status *spectrocloud.ConsumerStatus) {
			*status = spectrocloud.ConsumerStatus{ObservedGeneration: 99, Phase: spectrocloud.ConsumerRunning, GPUUsage: counts{"A100": 1, "L4": 8},
				Conditions: []metav1.Condition{other, {Type: "QuotaReserved", Status: metav1.ConditionUnknown, Reason: "Lies", LastTransitionTime: metav1.Now()}}}
		}))
		w, err := s.getWorkload(t.Context(), "ml", name)
		require.NoError(t, err)
		assert.Equal(t, phase, w.Status.Phase, "a provisioner may take further what is admitted, and only that")
		assert.Equal(t, was.Status.GPUUsage, w.Status.GPUUsage)
		assert.Equal(t, was.Status.ObservedGeneration, w.Status.ObservedGeneration)
		assert.Equal(t, reserved(was.Status), reserved(w.Status))
		assert.Len(t, w.Status.Conditions, 2, "its own condition is kept")
		require.NoError(t, s.reportWorkload(t.Context(), "ml", name, func(status *spectrocloud.ConsumerStatus) { *status = spectrocloud.ConsumerStatus{Phase: suspended} }))
		w, err = s.getWorkload(t.Context(), "ml", name)
		require.NoError(t, err)
		assert.Equal(t, phase, w.Status.Phase)
		assert.Equal(t, was.Status.GPUUsage, w.Status.GPUUsage)
	}
	for i, key := range records {
		assert.Equal(t, before[i], modRevision(t, etcd, key), "a status update wrote %s", key)
	}
}
