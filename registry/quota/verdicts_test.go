// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
)

// attempt is something that a client asks of a server, in the oracle's terms and in the server's. The status that the server
// answers with is nil where the request is about no consumer, or removes it.
type attempt struct {
	name   string
	of     consumerID
	expect func(o *oracle) metav1.StatusReason
	do     func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error)
}

// change is what an update does to a ComputePool or an AIWorkload.
type change struct {
	pool     func(*spectrocloud.ComputePool)
	workload func(*spectrocloud.AIWorkload)
}

func (s *server) changed(ctx context.Context, id consumerID, c change) (*spectrocloud.ConsumerStatus, error) {
	if id.pool {
		p, err := updated(as(ctx, ann, "computepools", "", id.project), s.pools, id.name, s.dryRun, c.pool)
		if err != nil {
			return nil, err
		}
		return &p.Status, nil
	}
	w, err := updated(as(ctx, ann, "aiworkloads", "", id.project), s.workloads, id.name, s.dryRun, c.workload)
	if err != nil {
		return nil, err
	}
	return &w.Status, nil
}

func (s *server) created(ctx context.Context, id consumerID, c asking) (*spectrocloud.ConsumerStatus, error) {
	meta := func(m *metav1.ObjectMeta) {
		if c.pinned {
			m.Finalizers = []string{"example.com/wait"}
		}
	}
	if id.pool {
		var p *spectrocloud.ComputePool
		for family, n := range c.gpus {
			p = newPool(id.project, id.name, family, n)
		}
		p.Spec.Suspend = c.suspended
		meta(&p.ObjectMeta)
		p, err := s.createPool(ctx, p)
		if err != nil {
			return nil, err
		}
		return &p.Status, nil
	}
	w := newWorkload(id.project, id.name, c.gpus)
	w.Spec.Suspend = c.suspended
	meta(&w.ObjectMeta)
	w, err := s.createWorkload(ctx, w)
	if err != nil {
		return nil, err
	}
	return &w.Status, nil
}

func createOne(id consumerID, c asking) attempt {
	return attempt{fmt.Sprintf("create %+v %+v", id, c), id, func(o *oracle) metav1.StatusReason { return o.create(id, c) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			return s.created(ctx, id, c)
		}}
}

func resizeOne(id consumerID, gpus counts) attempt {
	to := change{func(p *spectrocloud.ComputePool) { resizePool(p, gpus["A100"]) }, func(w *spectrocloud.AIWorkload) { w.Spec.GPURequests = gpus }}
	return attempt{fmt.Sprintf("resize %+v %v", id, gpus), id, func(o *oracle) metav1.StatusReason { return o.resize(id, gpus) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			return s.changed(ctx, id, to)
		}}
}

func suspendOne(id consumerID, suspend bool) attempt {
	to := change{func(p *spectrocloud.ComputePool) { p.Spec.Suspend = suspend }, func(w *spectrocloud.AIWorkload) { w.Spec.Suspend = suspend }}
	return attempt{fmt.Sprintf("suspend %+v %t", id, suspend), id, func(o *oracle) metav1.StatusReason { return o.suspend(id, suspend) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			return s.changed(ctx, id, to)
		}}
}

func deleteOne(id consumerID) attempt {
	return attempt{fmt.Sprintf("delete %+v", id), id, func(o *oracle) metav1.StatusReason { return o.delete(id) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			if id.pool {
				return nil, s.deletePool(ctx, id.project, id.name)
			}
			return nil, s.deleteWorkload(ctx, id.project, id.name)
		}}
}

func unpinOne(id consumerID) attempt {
	to := change{func(p *spectrocloud.ComputePool) { p.Finalizers = nil }, func(w *spectrocloud.AIWorkload) { w.Finalizers = nil }}
	return attempt{fmt.Sprintf("unpin %+v", id), id, func(o *oracle) metav1.StatusReason { return o.unpin(id) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			_, err := s.changed(ctx, id, to)
			return nil, err
		}}
}

func limitOne(project string, q quotas) attempt {
	to := spectrocloud.GPUResources{Limits: q.limits, Requests: q.maxima}
	return attempt{fmt.Sprintf("limit %q %+v", project, q), consumerID{}, func(o *oracle) metav1.StatusReason { return o.limit(project, q) },
		func(ctx context.Context, s *server) (*spectrocloud.ConsumerStatus, error) {
			if project == "" {
				return nil, s.updateTenant(ctx, "acme", func(tenant *spectrocloud.Tenant) { tenant.Spec.GPUResources = to })
			}
			return nil, s.updateProject(ctx, project, func(p *spectrocloud.Project) { p.Spec.GPUResources = to })
		}}
}

// randomAttempt draws a request for a few names in the Projects ml and web of a Tenant acme.
func randomAttempt(r *rand.Rand, o *oracle) attempt {
	families := []string{"A100", "L4", "H100"}
	id := consumerID{[]string{"ml", "web"}[r.IntN(2)], fmt.Sprintf("consumer-%d", r.IntN(8)), r.IntN(4) == 0}
	gpus := counts{}
	if id.pool {
		gpus["A100"] = int32(1 + r.IntN(5))
	} else {
		for range r.IntN(3) {
			gpus[families[r.IntN(3)]] = int32(1 + r.IntN(5))
		}
	}
	drawn := func(one, least, most int) counts {
		entries := counts{}
		for _, family := range append(families, "Default") {
			if r.IntN(one) == 0 {
				entries[family] = int32(least + r.IntN(most-least))
			}
		}
		return entries
	}
	switch n := r.IntN(22); {
	case n < 7:
		if o.consumers[id] != nil {
			gpus = counts{"A100": 1} // Never too much: which of two reasons for a refusal is told first is of no interest.
		}
		return createOne(id, asking{gpus: gpus, suspended: r.IntN(8) == 0, pinned: r.IntN(6) == 0})
	case n < 11:
		return resizeOne(id, gpus)
	case n < 14:
		return suspendOne(id, r.IntN(2) == 0)
	case n < 17:
		return deleteOne(id)
	case n < 18:
		return unpinOne(id)
	case n < 20:
		return limitOne("", quotas{drawn(2, 5, 20), drawn(6, 3, 8)})
	}
	return limitOne(id.project, quotas{drawn(3, 0, 14), drawn(6, 2, 7)})
}

// timeless is a status without when it changed.
func timeless(status *spectrocloud.ConsumerStatus) *spectrocloud.ConsumerStatus {
	if status == nil {
		return nil
	}
	status = status.DeepCopy()
	for i := range status.Conditions {
		status.Conditions[i].LastTransitionTime = metav1.Time{}
	}
	return status
}

// shown is what etcd shows of all consumers, in the oracle's terms.
type shown struct {
	phase spectrocloud.ConsumerPhase
	usage string
}

// settles waits until what etcd holds is what the oracle says.
func (o *oracle) settles(t *testing.T, client *clientv3.Client, log []string) {
	t.Helper()
	want, order := map[consumerID]shown{}, []string(nil)
	for id, c := range o.consumers {
		phase, usage := c.shows()
		want[id] = shown{phase, fmt.Sprint(usage)}
	}
	for _, id := range o.waiting() {
		order = append(order, id.name)
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		response, err := client.Get(context.Background(), prefix+"/", clientv3.WithPrefix())
		require.NoError(c, err)
		got := map[consumerID]shown{}
		for _, kv := range response.Kvs {
			switch obj, _ := decode(context.Background(), "", "", kv.Value); o := obj.(type) {
			case *spectrocloud.ComputePool:
				got[consumerID{o.Namespace, o.Name, true}] = shown{o.Status.Phase, fmt.Sprint(o.Status.GPUUsage)}
			case *spectrocloud.AIWorkload:
				got[consumerID{o.Namespace, o.Name, false}] = shown{o.Status.Phase, fmt.Sprint(o.Status.GPUUsage)}
			}
		}
		require.Equal(c, want, got, "after %q", log)
		require.Equal(c, order, queue(t, client, "acme"), "after %q", log)
	}, soon, time.Millisecond)
}

// Random requests, one after the other through two servers: each verdict is the oracle's, the request's dry run has said the
// same and left nothing, and what is admitted in its wake is what the oracle admits. That all of it was in order is checked
// with etcd's whole history, at the end.
func TestEveryVerdictIsTheOraclesAndItsDryRunHasSaidSo(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("servers=%d", replicas), func(t *testing.T) { verdicts(t, replicas, 500*soak()) })
	}
}

func verdicts(t *testing.T, replicas, requests int) {
	etcd, servers := newServers(t, replicas)
	r := rand.New(rand.NewPCG(seed(t), 0))
	newQuotas(t, servers[0], nil, map[string]counts{"ml": nil, "web": nil})
	o := &oracle{projects: map[string]quotas{"ml": {}, "web": {}}, consumers: map[consumerID]*asking{}}
	outcomes := map[string]int{}
	var log []string
	for range requests {
		attempt := randomAttempt(r, o)
		log = append(log[max(0, len(log)-40):], attempt.name)
		before, held := revision(t, etcd), keys(t, etcd)
		said, dryErr := attempt.do(t.Context(), servers[r.IntN(replicas)].dry())
		require.Equal(t, before, revision(t, etcd), "a dry run left something, after %q", log)

		want := attempt.expect(o)
		got, err := attempt.do(t.Context(), servers[r.IntN(replicas)])
		require.Equal(t, want, apierrors.ReasonForError(err), "%v, after %q", err, log)
		require.Equal(t, want == "", err == nil, "%v, after %q", err, log)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(dryErr), "after %q", log)
		require.Equal(t, timeless(got), timeless(said), "after %q", log)
		outcome := string(want)
		if got != nil {
			phase, usage := o.consumers[attempt.of].shows()
			require.Equal(t, phase, got.Phase, "after %q", log)
			require.True(t, maps.Equal(usage, got.GPUUsage), "%v, not %v, after %q", got.GPUUsage, usage, log)
			outcome = string(got.Phase)
		}
		outcomes[outcome]++
		if want != "" {
			// To refuse, a server may have had to take its turn.
			left := keys(t, etcd)
			delete(left, prefix+"/ledger/turns/acme")
			delete(held, prefix+"/ledger/turns/acme")
			require.Equal(t, held, left, "a refused write left something, after %q", log)
		}
		o.admit()
		o.settles(t, etcd, log)
	}
	t.Log(outcomes)
	for _, outcome := range []string{"", string(pending), string(admitted), string(suspended), "Forbidden", "Invalid", "NotFound", "AlreadyExists"} {
		assert.NotZero(t, outcomes[outcome], "no request had the outcome %q", outcome)
	}
	summary, err := quotatest.CheckOrder(t.Context(), etcd, prefix)
	require.NoError(t, err)
	t.Logf("%+v", summary)
}
