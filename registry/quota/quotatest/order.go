// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// queues are the waiting requests by Tenant and family, oldest first; one that asks for several families is in each.
type queues map[share][]waiter

type waiter struct {
	id    consumerID
	place int64
	gpus  spectrocloud.GPUCounts
}

func (w waiter) compare(other waiter) int {
	return cmp.Or(cmp.Compare(w.place, other.place), strings.Compare(w.id.String(), other.id.String()))
}

// add does nothing where the order is not looked at, as remove does.
func (q queues) add(id consumerID, record request) {
	if q == nil || record.Held {
		return
	}
	w := waiter{id, record.place(), record.GPUs}
	for family := range record.GPUs {
		queue := q[share{record.tenant, family}]
		at, _ := slices.BinarySearchFunc(queue, w, waiter.compare)
		q[share{record.tenant, family}] = slices.Insert(queue, at, w)
	}
}

func (q queues) remove(id consumerID, record request) {
	if q == nil || record.Held {
		return
	}
	w := waiter{id, record.place(), record.GPUs}
	for family := range record.GPUs {
		queue := q[share{record.tenant, family}]
		if at, found := slices.BinarySearchFunc(queue, w, waiter.compare); found {
			q[share{record.tenant, family}] = slices.Delete(queue, at, at+1)
		}
	}
}

// admission is a waiting request that was given its GPUs at a revision.
type admission struct {
	waiter
	tenant   string
	revision int64
}

// admits says whether events are nothing but the admission of a waiting request, or have no say in the order.
func (s *state) admits(events []*clientv3.Event) bool {
	for _, event := range events {
		key, in := strings.CutPrefix(string(event.Kv.Key), s.prefix+"ledger/")
		parts := strings.Split(key, "/")
		switch {
		case in && (parts[0] == "tenants" || parts[0] == "projects"):
			return false
		case in && parts[0] == "requests" && len(parts) == 5:
			before, waited := s.requests[consumerID{parts[3], parts[2], parts[4]}]
			after, err := decodeRecord[request](event.Kv)
			if err != nil || !waited || before.Held || !after.Held || before.UID != after.UID {
				return false
			}
		}
	}
	return true
}

// order looks at what the consumers of c have gained at revision. What waited is kept until something else happens: what is
// admitted at a time is committed in any order.
func (s *state) order(revision int64, c *change, gained map[share]int64) []error {
	var errs []error
	for id := range c.consumers {
		before, tenant := c.requests[id], s.tenantOf(id.namespace)
		if holds := s.consumers[id].holds; before.revision != 0 && !before.Held && len(holds) > 0 {
			s.admitted = append(s.admitted, admission{waiter{id, before.place(), holds}, tenant, revision})
			continue
		}
		// What did not wait is younger than all that did.
		errs = append(errs, s.overtakes(waiter{id, math.MaxInt64, s.consumers[id].holds}, tenant, gained, nil)...)
	}
	return errs
}

// settleOrder checks what was admitted last, as if it had been committed in its order.
func (s *state) settleOrder() error {
	slices.SortFunc(s.admitted, func(a, b admission) int { return a.compare(b.waiter) })
	later := map[share]int64{}
	count := func(a admission, sign int64) {
		for family, n := range a.gpus {
			later[share{a.id.namespace, family}] += sign * int64(n)
			later[share{a.tenant, family}] += sign * int64(n)
		}
	}
	for _, a := range s.admitted {
		count(a, 1)
	}
	var errs []error
	for _, a := range s.admitted {
		before := maps.Clone(later)
		count(a, -1)
		for _, err := range s.overtakes(a.waiter, a.tenant, before, later) {
			errs = append(errs, fmt.Errorf("revision %d: %w", a.revision, err))
		}
	}
	s.admitted = nil
	return errors.Join(errs...)
}

// overtakes returns the waiting requests that a took GPUs from: they are older, would have fitted in what there was, and do
// not fit in what was left. before and after are how much less was used, than is now, before and after it.
func (s *state) overtakes(a waiter, tenant string, before, after map[share]int64) []error {
	var errs []error
	for family := range a.gpus {
		if of := (share{a.id.namespace, family}); before[of] <= after[of] {
			continue
		}
		for _, w := range s.waiting[share{tenant, family}] {
			if w.place >= a.place {
				break
			}
			if s.fits(w, tenant, before) && !s.fits(w, tenant, after) {
				errs = append(errs, fmt.Errorf("%s took %s that %s, waiting since %d for %v, could have had", a.id, family, w.id, w.place, w.gpus))
			}
		}
	}
	return errs
}

// fits says whether w could be admitted if less were used.
func (s *state) fits(w waiter, tenant string, less map[share]int64) bool {
	for family, n := range w.gpus {
		for _, owner := range []string{w.id.namespace, tenant} {
			of := share{owner, family}
			if limit, limited := s.limit(of); limited && s.used[owner][family]-less[of]+int64(n) > limit {
				return false
			}
		}
	}
	return true
}
