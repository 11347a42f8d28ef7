// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// account is what the ledger says of one Tenant, and what this server has decided that is still on its way to etcd. The
// view's lock covers it.
type account struct {
	name     string
	tenant   record[tenantRecord]
	projects map[string]*projectAccount
	requests map[requestKey]*request
	used     quota.Sums
	waiting  queue

	turn record[turnRecord]
	// turnSeen and lastChange are when the view last saw the turn, or a request, change.
	turnSeen, lastChange time.Time
	// mine is the revision of the turn that this server took; 0 if it has to take it (again).
	mine int64
	// taking is closed when the server's attempt to take the turn has ended; nil if there is none.
	taking chan struct{}
	// behind is a revision at which something else was found than the view holds.
	behind int64

	// reservations are what decisions since the turn was taken may add to usage, onTheWay their sum. What decisions free
	// does not count until it is in etcd: so whichever of them fails, no other has been given too much.
	reservations map[requestKey][]*reservation
	onTheWay     quota.Sums
	// freed are the families of which a waiting request may have become able to fit; everything if all is set.
	freed    map[string]bool
	allFreed bool

	// broken are the keys that can't be read, and why. There is no deciding on the account while there are any.
	broken map[string]error
}

// projectAccount is one Project's part of an account.
type projectAccount struct {
	record   record[projectRecord]
	used     quota.Sums
	pending  quota.Sums
	onTheWay quota.Sums
}

// requestKey names a consumer within a Tenant.
type requestKey struct{ project, resource, name string }

// request is one requestRecord.
type request struct {
	requestRecord
	key      requestKey
	revision int64
	// grant is what a waiting request has been given and is yet to be told, one of the account's reservations; nil if it goes
	// on waiting.
	grant *reservation
}

// stored is the revision of the request's record; 0 for none.
func (r *request) stored() int64 {
	if r == nil {
		return 0
	}
	return r.revision
}

// reservation is GPUs that a decision has given and that are not in etcd yet.
type reservation struct {
	gpus spectrocloud.GPUCounts
	// after is what the request's record will be.
	after requestRecord
	// claimed says that a write is on its way which settles the reservation.
	claimed bool
}

// place is the request's in the queue.
func (r *request) place() int64 {
	if r.Place != 0 {
		return r.Place
	}
	return r.revision
}

func newAccount(tenant string) *account {
	return &account{
		name:     tenant,
		projects: map[string]*projectAccount{},
		requests: map[requestKey]*request{},
		used:     quota.Sums{},
		waiting:  newQueue(),
		onTheWay: quota.Sums{},
		freed:    map[string]bool{},

		reservations: map[requestKey][]*reservation{},
		broken:       map[string]error{},
	}
}

// gone tells whether nothing is left of the Tenant.
func (a *account) gone() bool {
	return a.tenant.revision == 0 && a.turn.revision == 0 && len(a.projects)+len(a.requests)+len(a.broken) == 0
}

func (a *account) project(name string) *projectAccount {
	p := a.projects[name]
	if p == nil {
		p = &projectAccount{used: quota.Sums{}, pending: quota.Sums{}, onTheWay: quota.Sums{}}
		a.projects[name] = p
	}
	return p
}

// set makes the request of key what the record says; none if its revision is 0.
func (a *account) set(key requestKey, record record[requestRecord]) {
	project := a.project(key.project)
	for _, r := range slices.Clone(a.reservations[key]) {
		switch {
		case !r.claimed: // What was granted is no longer what waits.
			a.release(key, r)
			a.freedFamilies(r.gpus)
		case record.revision != 0 && equality.Semantic.DeepEqual(r.after, record.value): // It has come to pass.
			a.release(key, r)
		}
	}
	if old := a.requests[key]; old != nil {
		delete(a.requests, key)
		if old.Held {
			a.used.Add(old.GPUs, -1)
			project.used.Add(old.GPUs, -1)
			a.freedFamilies(old.GPUs)
		} else {
			project.pending.Add(old.GPUs, -1)
			a.waiting.remove(old)
		}
	}
	if record.revision != 0 {
		now := &request{requestRecord: record.value, key: key, revision: record.revision}
		a.requests[key] = now
		if now.Held {
			a.used.Add(now.GPUs, 1)
			project.used.Add(now.GPUs, 1)
		} else {
			project.pending.Add(now.GPUs, 1)
			a.waiting.add(now)
			if quota.Fit(now.GPUs, a.levels(key.project)...) {
				a.freedFamilies(now.GPUs)
			}
		}
	}
}

// tidy drops Projects of which nothing is left.
func (a *account) tidy() {
	maps.DeleteFunc(a.projects, func(_ string, p *projectAccount) bool {
		return p.record.revision == 0 && len(p.used)+len(p.pending)+len(p.onTheWay) == 0
	})
}

// levels are the quotas that hold in a Project, each used as it is with all that is on its way.
func (a *account) levels(project string) []quota.Level {
	levels := a.committed(project)
	levels[0].Reserved, levels[1].Reserved = a.onTheWay, a.project(project).onTheWay
	return levels
}

// committed are the quotas that hold in a Project, each used as it is in etcd.
func (a *account) committed(project string) []quota.Level {
	p := a.project(project)
	return []quota.Level{a.level(), {Kind: "Project", Name: project, Quotas: spectrocloud.GPUResources(p.record.value.GPUs), Used: p.used}}
}

// level is the Tenant's own.
func (a *account) level() quota.Level {
	return quota.Level{Kind: "Tenant", Name: a.name, Quotas: spectrocloud.GPUResources(a.tenant.value.GPUs), Used: a.used}
}

// reserve counts GPUs as used until the decision that gave them is settled.
func (a *account) reserve(key requestKey, gpus spectrocloud.GPUCounts, after requestRecord) *reservation {
	r := &reservation{gpus: gpus, after: after}
	a.reservations[key] = append(a.reservations[key], r)
	a.onTheWay.Add(gpus, 1)
	a.project(key.project).onTheWay.Add(gpus, 1)
	return r
}

// release ends a reservation; false if it has ended before.
func (a *account) release(key requestKey, r *reservation) bool {
	at := slices.Index(a.reservations[key], r)
	if at < 0 {
		return false
	}
	if a.reservations[key] = slices.Delete(a.reservations[key], at, at+1); len(a.reservations[key]) == 0 {
		delete(a.reservations, key)
	}
	a.onTheWay.Add(r.gpus, -1)
	a.project(key.project).onTheWay.Add(r.gpus, -1)
	return true
}

func (a *account) freedFamilies(gpus spectrocloud.GPUCounts) {
	for family := range gpus {
		a.freed[family] = true
	}
}

// limitsMoved takes back what was granted under other limits and that nobody has been told: it is granted anew. What is
// claimed is guarded by the limits that it was granted under.
func (a *account) limitsMoved() {
	for key := range a.reservations {
		if r := a.requests[key]; r != nil && r.grant != nil && !r.grant.claimed {
			a.release(key, r.grant)
			r.grant = nil
		}
	}
	a.allFreed = true
}

// startOver forgets what is on its way: none of it can come to pass any more, or it is in the view.
func (a *account) startOver() {
	for key := range a.reservations {
		if r := a.requests[key]; r != nil {
			r.grant = nil
		}
	}
	clear(a.reservations)
	clear(a.onTheWay)
	for _, project := range a.projects {
		clear(project.onTheWay)
	}
	a.allFreed = true
}

// mayFit tells whether some waiting request may have become able to fit.
func (a *account) mayFit() bool { return (a.allFreed || len(a.freed) > 0) && len(a.waiting.shapes) > 0 }

// heads are the first requests of all shapes that fit now, as a heap by place, and what tells whether one still fits.
func (a *account) heads() (heads, func(*request) bool) {
	levels := map[string][]quota.Level{}
	fits := func(r *request) bool {
		of, ok := levels[r.key.project]
		if !ok {
			of = a.levels(r.key.project)
			levels[r.key.project] = of
		}
		return quota.Fit(r.GPUs, of...)
	}
	return a.waiting.heads(func(s *shape, first *request) bool {
		freed := a.allFreed || slices.ContainsFunc(s.families, func(family string) bool { return a.freed[family] })
		// What waits in a Project that is being deleted goes with it.
		return freed && fits(first) && !a.project(first.key.project).record.value.Terminating
	}), fits
}

// someFit tells whether a waiting request fits.
func (a *account) someFit() bool {
	heads, _ := a.heads()
	return len(heads) > 0
}

// grant gives GPUs to all that wait and fit, first come first served; one that does not fit holds up none behind it. What it
// gives is counted as used, and its requests as granted, until each is settled.
func (a *account) grant() []*request {
	if !a.mayFit() {
		return nil
	}
	heads, fits := a.heads()
	clear(a.freed)
	a.allFreed = false
	var granted []*request
	for len(heads) > 0 {
		// Usage only grows from here on, so a shape that doesn't fit any more won't later.
		first := heads[0]
		if r := first.request(); fits(r) {
			r.grant = a.reserve(r.key, r.GPUs, requestRecord{UID: r.UID, GPUs: r.GPUs, Held: true})
			granted = append(granted, r)
			first.next()
		} else {
			first.end()
		}
		heads.fix()
	}
	return granted
}
