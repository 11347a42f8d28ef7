// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
)

// newServers makes n servers on one etcd.
func newServers(t *testing.T, n int) (*clientv3.Client, []*server) {
	t.Helper()
	etcd := startEtcd(t)
	servers := make([]*server, n)
	for i := range servers {
		servers[i] = newServer(t, etcd, denies)
	}
	return etcd, servers
}

func TestExactlyAsManyAreAdmittedAsTheLimitAllows(t *testing.T) {
	const limit = 20
	for _, replicas := range []int{1, 2, 3} {
		t.Run(fmt.Sprintf("servers=%d", replicas), func(t *testing.T) {
			etcd, servers := newServers(t, replicas)
			newQuotas(t, servers[0], counts{"A100": limit}, map[string]counts{"ml": nil, "web": nil})
			var told atomic.Int32
			errs := race(func(writer int) error {
				s, project, name := servers[writer%replicas], []string{"ml", "web"}[writer/replicas%2], fmt.Sprintf("w-%02d", writer)
				var status spectrocloud.ConsumerStatus
				if writer%4 == 0 {
					p, err := s.createPool(t.Context(), newPool(project, name, "A100", 1))
					if err != nil {
						return err
					}
					status = p.Status
				} else {
					w, err := s.createWorkload(t.Context(), newWorkload(project, name, counts{"A100": 1}))
					if err != nil {
						return err
					}
					status = w.Status
				}
				if status.Phase == admitted {
					told.Add(1)
				}
				return nil
			})
			for _, err := range errs {
				require.NoError(t, err)
			}
			// Where the turn passes from one server to another, a few are told only after they have waited for a moment.
			t.Logf("%d of %d were told in the answer to their create", told.Load(), limit)
			assert.LessOrEqual(t, told.Load(), int32(limit))
			require.Eventually(t, func() bool { return len(queue(t, etcd, "acme")) == writers-limit }, soon, time.Millisecond)
			waiting := queue(t, etcd, "acme")
			summary, err := quotatest.Replay(t.Context(), etcd, prefix)
			require.NoError(t, err)
			assert.EqualValues(t, limit, summary.MaxUsed["acme"]["A100"])
			assert.Equal(t, limit, summary.Admissions)

			// First come, first served, whichever server frees and whichever admits.
			before := revision(t, etcd)
			for i := range limit {
				require.NoError(t, servers[i%replicas].limitTenant(t.Context(), "acme", counts{"A100": limit + int32(i) + 1}))
				require.Eventually(t, func() bool { return len(queue(t, etcd, "acme")) == writers-limit-i-1 }, soon, time.Millisecond)
				assert.Equal(t, waiting[i+1:], queue(t, etcd, "acme"))
			}
			_, err = etcd.Compact(t.Context(), before)
			require.NoError(t, err)
			_, err = quotatest.CheckOrder(t.Context(), etcd, prefix)
			assert.NoError(t, err)
		})
	}
}

// busy is one client's work on a few AIWorkloads and ComputePools that begin with prefix, at random.
func busy(ctx context.Context, s *server, r *rand.Rand, project, prefix string, steps int) error {
	gpus := func() counts {
		drawn := counts{[]string{"A100", "L4", "H100"}[r.IntN(3)]: int32(1 + r.IntN(4))}
		if r.IntN(4) == 0 {
			drawn["L4"] = int32(1 + r.IntN(2))
		}
		return drawn
	}
	for range steps {
		name := fmt.Sprintf("%s-%d", prefix, r.IntN(4))
		var err error
		switch r.IntN(10) {
		case 0, 1, 2:
			err = errorOf(s.createWorkload(ctx, newWorkload(project, name, gpus())))
		case 3:
			err = errorOf(s.createPool(ctx, newPool(project, name, "A100", int32(1+r.IntN(4)))))
		case 4:
			err = s.resizeWorkload(ctx, project, name, gpus())
		case 5:
			err = s.updatePool(ctx, project, name, func(p *spectrocloud.ComputePool) { resizePool(p, int32(1+r.IntN(4))) })
		case 6:
			err = s.suspendWorkload(ctx, project, name, r.IntN(2) == 0)
		case 7:
			err = s.reportWorkload(ctx, project, name, func(status *spectrocloud.ConsumerStatus) { status.Phase = spectrocloud.ConsumerRunning })
		case 8:
			err = s.deleteWorkload(ctx, project, name)
		case 9:
			err = s.deletePool(ctx, project, name)
		}
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsForbidden(err) {
			return err
		}
	}
	return nil
}

// moveLimits moves the limits of the Tenant and the Projects up and down until ctx ends.
func moveLimits(ctx context.Context, s *server, r *rand.Rand) error {
	for ctx.Err() == nil {
		project := []string{"ml", "web"}[r.IntN(2)]
		err := s.limitTenant(ctx, "acme", counts{"A100": int32(8 + r.IntN(24)), "Default": int32(6 + r.IntN(10))})
		if err == nil || apierrors.IsInvalid(err) {
			err = s.limitProject(ctx, project, counts{"A100": int32(r.IntN(20))})
		}
		if err != nil && !apierrors.IsInvalid(err) && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// Everything that can be done to a GPU consumer, through one and through three servers, while limits go up and down. That no
// rule was broken at any revision is checked with etcd's whole history, at the end of the test.
func TestWhateverWritersDoTheLedgerIsExactAndNoGPUStaysIdle(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("servers=%d", replicas), func(t *testing.T) {
			etcd, servers := newServers(t, replicas)
			newQuotas(t, servers[0], counts{"A100": 24, "Default": 8}, map[string]counts{"ml": {"A100": 12}, "web": nil})
			drawn := seed(t)
			moving, stop := context.WithCancel(t.Context())
			var moved sync.WaitGroup
			moved.Go(func() {
				assert.NoError(t, moveLimits(moving, servers[replicas-1], rand.New(rand.NewPCG(drawn, writers))))
			})
			errs := race(func(writer int) error {
				r := rand.New(rand.NewPCG(drawn, uint64(writer)))
				return busy(t.Context(), servers[writer%replicas], r, []string{"ml", "web"}[writer%2], fmt.Sprintf("shared-%d", writer%16), 20*soak())
			})
			stop()
			moved.Wait()
			for _, err := range errs {
				assert.NoError(t, err)
			}

			counted := awaitQuiet(t, etcd)
			summary, err := quotatest.Replay(t.Context(), etcd, prefix)
			require.NoError(t, err)
			t.Logf("%+v", summary)
			assert.NotZero(t, summary.Admissions)
			assert.NotZero(t, summary.Waits)
			report, err := quota.Check(t.Context(), etcd, prefix, decode)
			require.NoError(t, err)
			assert.Empty(t, report.Differences)
			assert.Empty(t, report.Problems)
			for _, s := range servers {
				counted.agrees(t, s)
			}
		})
	}
}

// What a server has just written of a workload is not yet settled in its memory when it decides on the next write of it, or
// admits it. That every record agrees with its workload is checked with etcd's whole history, at the end of the test.
func TestManyWritersOfOneWorkloadNeverPartItFromItsRecord(t *testing.T) {
	_, servers := newServers(t, 1)
	s := servers[0]
	newQuotas(t, s, counts{"A100": 4, "L4": 4}, map[string]counts{"ml": nil})
	names := []string{"a", "b", "c"}
	for _, name := range names {
		require.NoError(t, errorOf(s.createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 3}))))
	}
	drawn := seed(t)
	errs := race(func(writer int) error {
		r := rand.New(rand.NewPCG(drawn, uint64(writer)))
		for range 3 * soak() {
			name, asked := names[r.IntN(3)], []counts{{"A100": 3}, {"L4": 3}, {"A100": 1, "L4": 3}}[r.IntN(3)]
			err := s.updateWorkload(t.Context(), "ml", name, func(w *spectrocloud.AIWorkload) { w.Spec.GPURequests, w.Spec.Suspend = asked, r.IntN(3) == 0 })
			if err != nil && !apierrors.IsForbidden(err) {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		assert.NoError(t, err)
	}
}

// A refusal writes nothing, so no guard can tell that what it was made on had changed.
func TestNoServerRefusesByWhatAnotherHasChanged(t *testing.T) {
	_, servers := newServers(t, 2)
	newQuotas(t, servers[0], nil, map[string]counts{"ml": nil})
	most := func(n int32) {
		require.NoError(t, servers[0].updateProject(t.Context(), "ml", func(p *spectrocloud.Project) {
			p.Spec.GPUResources = spectrocloud.GPUResources{Limits: counts{"A100": n}, Requests: counts{"A100": n}}
		}))
	}
	for round := range 50 {
		name := fmt.Sprintf("w-%d", round)
		most(2)
		require.NoError(t, errorOf(servers[1].createWorkload(t.Context(), newWorkload("ml", name, counts{"A100": 2}))))
		most(4)
		require.NoError(t, servers[1].resizeWorkload(t.Context(), "ml", name, counts{"A100": 4}), "round %d", round)
		most(2)
		err := servers[1].resizeWorkload(t.Context(), "ml", name, counts{"A100": 5})
		require.ErrorContains(t, err, "at most 2", "round %d", round)
		require.NoError(t, servers[1].deleteWorkload(t.Context(), "ml", name))
	}
}

func TestADeletedCollectionLeavesNothingChargedAndNothingWaiting(t *testing.T) {
	workloads, limit := 200, int32(100)
	if soak() > 1 {
		workloads, limit = 2000, 1000
	}
	etcd, servers := newServers(t, 2)
	newQuotas(t, servers[0], counts{"A100": limit}, map[string]counts{"ml": nil, "web": nil})
	errs := race(func(writer int) error {
		for i := writer; i < workloads; i += writers {
			if _, err := servers[0].createWorkload(t.Context(), newWorkload("ml", fmt.Sprintf("w-%04d", i), counts{"A100": 1})); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
	next, err := servers[1].createWorkload(t.Context(), newWorkload("web", "next", counts{"A100": limit}))
	require.NoError(t, err)
	require.Equal(t, pending, next.Status.Phase)

	begun := time.Now()
	collection := servers[1].workloads.(registryrest.CollectionDeleter)
	_, err = collection.DeleteCollection(as(t.Context(), ann, "aiworkloads", "", "ml"), registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{}, &metainternalversion.ListOptions{})
	require.NoError(t, err)
	servers[0].becomes(t, admitted, "web", "next")
	t.Logf("deleted in %v", time.Since(begun))
	for _, s := range servers {
		used, waiting, err := s.usedBy(t.Context(), "ml", "A100")
		require.NoError(t, err)
		assert.Zero(t, used)
		assert.Zero(t, waiting)
	}
	assert.Len(t, keys(t, etcd), 3*3+2+1, "a Tenant and two Projects with their claims and records, a workload with its record, and a turn")
}
