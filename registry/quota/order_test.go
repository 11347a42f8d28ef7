// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// The trace that the order is tried with: more waits than is ever admitted at once.
const (
	families    = 6
	projects    = 8
	depth       = 5000
	tenantLimit = 120
	ownLimit    = 30
)

func family(i int) string   { return fmt.Sprintf("family-%d", i) }
func projectN(i int) string { return fmt.Sprintf("project-%d", i) }

// asked is a request in the oracle's terms.
type asked struct {
	name    string
	project int
	gpus    [families]int
}

// oracle is first come, first served for each Project and family, by going through all that wait.
type oracle struct {
	tenant  [families]int
	project [projects][families]int
	waiting []asked
	held    []asked
}

func (o *oracle) fits(a asked) bool {
	for f, n := range a.gpus {
		if n > 0 && (o.tenant[f]+n > tenantLimit || o.project[a.project][f]+n > ownLimit) {
			return false
		}
	}
	return true
}

func (o *oracle) use(a asked, sign int) {
	for f, n := range a.gpus {
		o.tenant[f] += sign * n
		o.project[a.project][f] += sign * n
	}
}

func (o *oracle) admit() []string {
	var names []string
	still := o.waiting[:0]
	for _, a := range o.waiting {
		if o.fits(a) {
			o.use(a, 1)
			o.held = append(o.held, a)
			names = append(names, a.name)
		} else {
			still = append(still, a)
		}
	}
	o.waiting = still
	return names
}

func (a asked) counts() spectrocloud.GPUCounts {
	counts := spectrocloud.GPUCounts{}
	for f, n := range a.gpus {
		if n > 0 {
			counts[family(f)] = int32(n)
		}
	}
	return counts
}

func (a asked) key() requestKey { return requestKey{projectN(a.project), "aiworkloads", a.name} }

func (a asked) record(held bool, revision int64) record[requestRecord] {
	return record[requestRecord]{requestRecord{UID: types.UID(a.name), GPUs: a.counts(), Held: held}, revision}
}

func random(r *rand.Rand, name string) asked {
	a := asked{name: name, project: r.IntN(projects)}
	a.gpus[r.IntN(families)] = 1 + r.IntN(8)
	if r.IntN(4) == 0 {
		a.gpus[r.IntN(families)] = 1 + r.IntN(8)
	}
	return a
}

// admissions are 100,000 in a soak.
func admissions() int {
	if os.Getenv("TENANCY_SOAK") != "" {
		return 100_000
	}
	return 5_000
}

// Every admission is compared with the oracle's, so none is out of turn, and no GPU is idle that somebody could have.
func TestWaitingRequestsAreAdmittedInOrderAtAnyDepth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	a := newAccount("acme")
	a.tenant = record[tenantRecord]{tenantRecord{GPUs: gpus{Limits: spectrocloud.GPUCounts{"Default": tenantLimit}}}, 1}
	for p := range projects {
		a.project(projectN(p)).record = record[projectRecord]{projectRecord{GPUs: gpus{Limits: spectrocloud.GPUCounts{"Default": ownLimit}}}, 1}
	}
	o := &oracle{}
	for revision, admitted := int64(1), 0; admitted < admissions(); {
		for len(o.waiting) < depth {
			revision++
			next := random(r, fmt.Sprint(revision))
			o.waiting = append(o.waiting, next)
			a.set(next.key(), next.record(false, revision))
		}
		for range min(len(o.held), 1+r.IntN(3)) {
			i := r.IntN(len(o.held))
			freed := o.held[i]
			o.held[i] = o.held[len(o.held)-1]
			o.held = o.held[:len(o.held)-1]
			o.use(freed, -1)
			a.set(freed.key(), record[requestRecord]{})
		}
		granted := a.grant()
		names := make([]string, len(granted))
		for i, request := range granted {
			names[i] = request.key.name
		}
		if want := o.admit(); len(want)+len(names) > 0 {
			require.Equal(t, want, names, "after %d admissions", admitted)
		}
		// Told in any order: what is granted is reserved.
		r.Shuffle(len(granted), func(i, j int) { granted[i], granted[j] = granted[j], granted[i] })
		for _, request := range granted {
			revision++
			request.grant.claimed = true
			a.set(request.key, record[requestRecord]{request.grant.after, revision})
		}
		admitted += len(granted)
	}
	assert.Empty(t, a.onTheWay, "something is reserved for nobody")
	for f := range families {
		assert.EqualValues(t, o.tenant[f], a.used[family(f)])
	}
	assert.Len(t, a.requests, len(o.held)+len(o.waiting))
}

func TestAPositionCountsWhoWaitsForTheSameFamilies(t *testing.T) {
	a := newAccount("acme")
	a.tenant = record[tenantRecord]{tenantRecord{GPUs: gpus{Limits: spectrocloud.GPUCounts{"Default": 0}}}, 1}
	place := func(name string, revision int64, counts spectrocloud.GPUCounts) *request {
		key := requestKey{"ml", "aiworkloads", name}
		a.set(key, record[requestRecord]{requestRecord{UID: types.UID(name), GPUs: counts}, revision})
		return a.requests[key]
	}
	first := place("first", 10, spectrocloud.GPUCounts{"A100": 1})
	other := place("other", 11, spectrocloud.GPUCounts{"H100": 1})
	both := place("both", 12, spectrocloud.GPUCounts{"A100": 1, "H100": 2})
	third := place("third", 13, spectrocloud.GPUCounts{"A100": 4})
	for want, r := range map[*request]int{first: 1, other: 1, both: 2, third: 3} {
		assert.Equal(t, r, a.waiting.position(want), want.key.name)
	}
	a.set(first.key, record[requestRecord]{})
	assert.Equal(t, 2, a.waiting.position(both), "the longest of its queues counts")
	assert.Equal(t, 2, a.waiting.position(third))
}

func TestARequestThatGoesWhileItIsGrantedFreesItsGPUsForTheNext(t *testing.T) {
	a := newAccount("acme")
	a.tenant = record[tenantRecord]{tenantRecord{GPUs: gpus{Limits: spectrocloud.GPUCounts{"A100": 1}}}, 1}
	one := asked{name: "one", gpus: [families]int{}}
	key := func(name string) requestKey { return requestKey{"ml", "aiworkloads", name} }
	waits := func(name string, revision int64) {
		a.set(key(name), record[requestRecord]{requestRecord{UID: types.UID(name), GPUs: spectrocloud.GPUCounts{"A100": 1}}, revision})
	}
	waits(one.name, 2)
	waits("two", 3)
	granted := a.grant()
	require.Len(t, granted, 1)
	assert.Equal(t, key("one"), granted[0].key)
	assert.Empty(t, a.grant(), "what is granted is as good as used")

	a.set(key("one"), record[requestRecord]{})
	granted = a.grant()
	require.Len(t, granted, 1)
	assert.Equal(t, key("two"), granted[0].key)
}
