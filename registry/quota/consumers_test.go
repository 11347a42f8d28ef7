// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

const (
	pending   = spectrocloud.ConsumerPending
	admitted  = spectrocloud.ConsumerAdmitted
	suspended = spectrocloud.ConsumerSuspended
)

func TestTheAnswerToACreateSaysWhetherItHoldsItsGPUsAndWhyNot(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 8, "Default": 2}, map[string]counts{"ml": {"A100": 6}, "web": nil})
	_, err := s.createWorkload(t.Context(), newWorkload("ml", "first", counts{"A100": 4, "L4": 1}))
	require.NoError(t, err)
	pool, err := s.createPool(t.Context(), newPool("web", "pool", "A100", 3))
	require.NoError(t, err)
	assert.Equal(t, admitted, pool.Status.Phase)
	assert.Equal(t, counts{"A100": 3}, pool.Status.GPUUsage)
	pool, err = s.createPool(t.Context(), newPool("web", "pool-2", "A100", 2))
	require.NoError(t, err)
	assert.Equal(t, pending, pool.Status.Phase)
	assert.Equal(t, "waiting for 2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)", reserved(pool.Status).Message)

	charged := func(name string, gpus counts) *spectrocloud.AIWorkload {
		w := newWorkload("web", name, gpus)
		w.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: "pool"}
		return w
	}
	stopped := newWorkload("ml", "stopped", counts{"A100": 1})
	stopped.Spec.Suspend = true
	for _, tc := range []struct {
		w       *spectrocloud.AIWorkload
		phase   spectrocloud.ConsumerPhase
		usage   counts
		status  metav1.ConditionStatus
		message string
	}{
		{newWorkload("ml", "large", counts{"A100": 3}), pending, nil, metav1.ConditionFalse,
			"waiting for 3 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)"},
		{newWorkload("ml", "fits", counts{"A100": 1, "L4": 1}), admitted, counts{"A100": 1, "L4": 1}, metav1.ConditionTrue, "Holds 1 A100, 1 L4"},
		{newWorkload("ml", "both", counts{"A100": 2, "L4": 1}), pending, nil, metav1.ConditionFalse,
			"waiting for 2 A100: acme uses 8 of 8 (Tenant limit; 0 would fit); 1 L4: acme uses 2 of 2 (Tenant limit; 0 would fit)"},
		{newWorkload("ml", "idle", nil), admitted, nil, metav1.ConditionTrue, "Asks for no GPUs"},
		{charged("charged", counts{"A100": 3}), admitted, nil, metav1.ConditionTrue, "Its GPUs are those of ComputePool pool"},
		{stopped, suspended, nil, metav1.ConditionFalse, "Holds no GPUs and waits for none until spec.suspend is false"},
	} {
		w, err := s.createWorkload(t.Context(), tc.w)
		require.NoError(t, err, tc.w.Name)
		assert.Equal(t, tc.phase, w.Status.Phase, tc.w.Name)
		assert.Equal(t, tc.usage, w.Status.GPUUsage, tc.w.Name)
		assert.Equal(t, tc.status, reserved(w.Status).Status, tc.w.Name)
		assert.Equal(t, tc.message, reserved(w.Status).Message, tc.w.Name)
		assert.Equal(t, int64(1), w.Status.ObservedGeneration, tc.w.Name)
	}
	assert.Equal(t, []string{"pool-2", "large", "both"}, queue(t, etcd, "acme"))
}

func TestOneRequestMayNotAskForMoreThanItsMaximum(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	acme := newTenant("acme", counts{"A100": 5})
	acme.Spec.GPUResources.Requests = counts{"A100": 4, "Default": 2}
	require.NoError(t, s.createTenant(t.Context(), acme))
	ml := newProject("ml", "acme", nil)
	ml.Spec.GPUResources.Requests = counts{"A100": 3}
	require.NoError(t, s.createProject(t.Context(), ml))
	require.NoError(t, s.createProject(t.Context(), newProject("web", "acme", nil)))
	for _, name := range []string{"holds", "waits"} {
		_, err := s.createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 3}))
		require.NoError(t, err)
	}
	_, err := s.createPool(t.Context(), newPool("web", "pool", "A100", 2))
	require.NoError(t, err)
	before := revision(t, etcd)

	create := func(w *spectrocloud.AIWorkload) func() error {
		return func() error { _, err := s.createWorkload(t.Context(), w); return err }
	}
	stopped := newWorkload("ml", "stopped", counts{"A100": 4})
	stopped.Spec.Suspend = true
	for _, tc := range []struct {
		name    string
		do      func() error
		message string
	}{
		{"of the Project", create(newWorkload("ml", "new", counts{"A100": 4})),
			"it asks for 4 A100, and one request may ask for at most 3 in Project ml (spec.gpuResources.requests)"},
		{"of the Tenant", create(newWorkload("web", "new", counts{"A100": 5})), "it asks for 5 A100, and one request may ask for at most 4 in Tenant acme"},
		{"of the Tenant's Default", create(newWorkload("ml", "new", counts{"L4": 3})), "it asks for 3 L4, and one request may ask for at most 2 in Tenant acme"},
		{"of a pool", func() error { _, err := s.createPool(t.Context(), newPool("ml", "pool", "A100", 4)); return err }, "at most 3 in Project ml"},
		{"while suspended", create(stopped), "at most 3 in Project ml"},
		{"by growing", func() error { return s.resizeWorkload(t.Context(), "ml", "holds", counts{"A100": 4}) }, "at most 3 in Project ml"},
		{"by asking for more in the queue", func() error { return s.resizeWorkload(t.Context(), "ml", "waits", counts{"A100": 4}) }, "at most 3 in Project ml"},
		{"of a pool that grows", func() error {
			return s.updatePool(t.Context(), "web", "pool", func(p *spectrocloud.ComputePool) { resizePool(p, 5) })
		}, "at most 4 in Tenant acme"},
	} {
		err := tc.do()
		assert.True(t, apierrors.IsForbidden(err), "%s: %v", tc.name, err)
		assert.ErrorContains(t, err, tc.message, tc.name)
	}
	assert.Equal(t, before, revision(t, etcd), "a refused write left something")

	// What has asked before the maximum was lowered is let be.
	require.NoError(t, s.updateProject(t.Context(), "ml", func(p *spectrocloud.Project) { p.Spec.GPUResources.Requests = counts{"A100": 1} }))
	for _, name := range []string{"holds", "waits"} {
		assert.NoError(t, s.updateWorkload(t.Context(), "ml", name, func(w *spectrocloud.AIWorkload) { w.Spec.DisplayName = "Other" }))
		assert.NoError(t, s.resizeWorkload(t.Context(), "ml", name, counts{"A100": 2}))
		assert.ErrorContains(t, s.resizeWorkload(t.Context(), "ml", name, counts{"A100": 3}), "at most 1 in Project ml")
		assert.NoError(t, s.suspendWorkload(t.Context(), "ml", name, true), "what gives GPUs back asks for nothing")
		assert.ErrorContains(t, s.suspendWorkload(t.Context(), "ml", name, false), "at most 1 in Project ml", "it asks anew")
		assert.NoError(t, s.deleteWorkload(t.Context(), "ml", name))
	}
}

func TestBothLevelsBoundUsageAndTheTighterWins(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 10, "L4": 4}, map[string]counts{"ml": {"A100": 4}, "web": {"A100": 8, "Default": 4}})
	for i, tc := range []struct {
		project string
		gpus    counts
		phase   spectrocloud.ConsumerPhase
	}{
		{"ml", counts{"A100": 5}, pending},  // The Project has 4.
		{"ml", counts{"A100": 4}, admitted}, // The Project's last.
		{"ml", counts{"A100": 1}, pending},
		{"web", counts{"A100": 7}, pending},  // The Tenant has 6 left, the Project 8.
		{"web", counts{"A100": 6}, admitted}, // The Tenant's last.
		{"web", counts{"A100": 1}, pending},
		{"ml", counts{"L4": 3}, admitted}, // By the Tenant's entry, the Project has none.
		{"web", counts{"L4": 2}, pending}, // The Project's Default would let it, the Tenant has 1 left.
		{"web", counts{"L4": 1}, admitted},
		{"web", counts{"H100": 5}, pending},    // The Project's Default is 4.
		{"ml", counts{"H100": 999}, admitted},  // Nothing restricts it here.
		{"web", counts{"H100": 4}, admitted},   // The Tenant has no entry.
		{"web", counts{"H100": 1}, pending},    // The Project's Default is used up.
		{"ml", counts{"H100": 100}, admitted},  //
		{"ml", counts{"a.b_c-d": 3}, admitted}, // Families are just names.
	} {
		w, err := s.createWorkload(t.Context(), newWorkload(tc.project, fmt.Sprintf("w-%d", i), tc.gpus))
		require.NoError(t, err)
		assert.Equal(t, tc.phase, w.Status.Phase, "%d: %+v", i, w.Status)
	}
}

// Whoever loses the race to create an object through apply finds it there, and updates it.
func TestConcurrentAppliesOfOneNewWorkloadChargeItOnce(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	newQuotas(t, servers[0], counts{"A100": 64}, map[string]counts{"ml": nil})
	errs := race(func(writer int) error {
		applied := registryrest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
			if w, ok := old.(*spectrocloud.AIWorkload); ok && w.ResourceVersion != "" {
				w = w.DeepCopy()
				w.Spec.DisplayName = fmt.Sprint(writer)
				return w, nil
			}
			return newWorkload("ml", "train", counts{"A100": 4}), nil
		})
		_, _, err := servers[writer%2].workloads.Update(as(t.Context(), ann, "aiworkloads", "", "ml"), "train", applied,
			registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
		return err
	})
	for _, err := range errs {
		assert.NoError(t, err)
	}
	for _, s := range servers {
		used, waiting, err := s.usedBy(t.Context(), "ml", "A100")
		require.NoError(t, err)
		assert.EqualValues(t, 4, used)
		assert.Zero(t, waiting)
	}
}

func TestAPoolsGPUsAreThereForTheWorkloadsThatNameIt(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil})
	require.NoError(t, errorOf(s.createPool(t.Context(), newPool("ml", "pool", "A100", 4))))
	on := func(pool string, gpus counts) error {
		w := newWorkload("ml", "on-"+pool, gpus)
		w.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: pool}
		_, err := s.createWorkload(t.Context(), w)
		return err
	}
	before := revision(t, etcd)
	for _, err := range []error{on("pool", counts{"A100": 5}), on("pool", counts{"L4": 1}), on("none", counts{"A100": 1})} {
		assert.True(t, apierrors.IsInvalid(err), err)
		assert.ErrorContains(t, err, "spec.computePoolRef.name")
	}
	assert.Equal(t, before, revision(t, etcd), "a refused write left something")
	require.NoError(t, on("pool", counts{"A100": 4}))
	used, _, err := s.usedBy(t.Context(), "ml", "A100")
	require.NoError(t, err)
	assert.EqualValues(t, 4, used, "the pool's")
}

func TestConsumersLiveInProjectsThatStayWhileTheyHoldGPUs(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	newQuotas(t, s, counts{"A100": 4}, map[string]counts{"ml": nil})
	err := errorOf(s.createWorkload(t.Context(), newWorkload("elsewhere", "train", counts{"A100": 1})))
	assert.True(t, apierrors.IsInvalid(err), err)
	assert.ErrorContains(t, err, "is not the namespace of a Project")
	err = errorOf(s.createWorkload(t.Context(), newWorkload("acme", "train", nil)))
	assert.True(t, apierrors.IsInvalid(err), "a Tenant's namespace is no Project's: %v", err)

	stopped := newWorkload("ml", "stopped", counts{"A100": 1})
	stopped.Spec.Suspend = true
	for _, w := range []*spectrocloud.AIWorkload{newWorkload("ml", "holds", counts{"A100": 3}), newWorkload("ml", "waits", counts{"A100": 3}), stopped} {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), w)))
	}
	require.NoError(t, s.deleteProject(t.Context(), "ml"))
	err = errorOf(s.createWorkload(t.Context(), newWorkload("ml", "late", counts{"A100": 1})))
	assert.True(t, apierrors.IsForbidden(err), err)
	assert.ErrorContains(t, err, `the Project "ml" is being deleted`)
	err = s.finalizeProject(t.Context(), "ml")
	assert.True(t, apierrors.IsConflict(err), err)
	assert.ErrorContains(t, err, "aiworkloads/holds")
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "holds"))
	err = s.finalizeProject(t.Context(), "ml")
	assert.True(t, apierrors.IsConflict(err), "what waits is a request as well: %v", err)
	s.becomes(t, pending, "ml", "waits")
	require.NoError(t, s.deleteWorkload(t.Context(), "ml", "waits"))
	require.NoError(t, s.finalizeProject(t.Context(), "ml"), "what is suspended holds nothing")

	// The namespace of the Project is being removed, and with it what is left there. Nothing comes to life in the meantime.
	err = s.suspendWorkload(t.Context(), "ml", "stopped", false)
	assert.True(t, apierrors.IsInvalid(err) || apierrors.IsForbidden(err), "%v", err)
	assert.NoError(t, s.updateWorkload(t.Context(), "ml", "stopped", func(w *spectrocloud.AIWorkload) { w.Spec.DisplayName = "Other" }))
	assert.NoError(t, s.deleteWorkload(t.Context(), "ml", "stopped"))
}
