// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"cmp"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// oracle says what one Tenant's consumers get from one server that does one thing at a time, by going through all of them.
// It shares no code with the ledger.
type oracle struct {
	tenant    quotas
	projects  map[string]quotas
	consumers map[consumerID]*asking
	places    int
}

// quotas are the limits and per-request maxima of a Tenant or a Project.
type quotas struct{ limits, maxima counts }

type consumerID struct {
	project, name string
	pool          bool
}

// asking is a consumer in the oracle's terms.
type asking struct {
	gpus                       counts
	suspended, pinned, leaving bool
	held                       counts
	// place is 0 for one that does not wait.
	place int
}

func (o *oracle) used(project, family string) int64 {
	sum := int64(0)
	for id, c := range o.consumers {
		if project == "" || id.project == project {
			sum += int64(c.held[family])
		}
	}
	return sum
}

// fits says whether as many more can be given to a consumer of project.
func (o *oracle) fits(project string, more counts) bool {
	for family, n := range more {
		if most, limited := lookup(o.projects[project].limits, family); limited && n > 0 && o.used(project, family)+int64(n) > int64(most) {
			return false
		}
		if most, limited := lookup(o.tenant.limits, family); limited && n > 0 && o.used("", family)+int64(n) > int64(most) {
			return false
		}
	}
	return true
}

// tooMuch says whether a request that may have asked for before asks for more of a family than one may.
func (o *oracle) tooMuch(project string, before, gpus counts) bool {
	for family, n := range gpus {
		for _, maxima := range []counts{o.projects[project].maxima, o.tenant.maxima} {
			if most, limited := lookup(maxima, family); limited && n > most && n > before[family] {
				return true
			}
		}
	}
	return false
}

func more(before, after counts) counts {
	grown := counts{}
	for family, n := range after {
		if n > before[family] {
			grown[family] = n - before[family]
		}
	}
	return grown
}

func (o *oracle) create(id consumerID, c asking) metav1.StatusReason {
	switch {
	case o.tooMuch(id.project, nil, c.gpus):
		return metav1.StatusReasonForbidden
	case o.consumers[id] != nil:
		return metav1.StatusReasonAlreadyExists
	}
	o.consumers[id] = &c
	o.ask(id, &c)
	return ""
}

// ask gives a consumer that holds nothing what it asks for, or a place.
func (o *oracle) ask(id consumerID, c *asking) {
	switch {
	case c.suspended || c.leaving || len(c.gpus) == 0:
		c.place = 0
	case o.fits(id.project, c.gpus):
		c.held, c.place = c.gpus, 0
	case c.place == 0:
		o.places++
		c.place = o.places
	}
}

func (o *oracle) resize(id consumerID, gpus counts) metav1.StatusReason {
	c := o.consumers[id]
	if c == nil {
		return metav1.StatusReasonNotFound
	}
	grown := more(c.gpus, gpus)
	if o.tooMuch(id.project, c.gpus, gpus) || (len(c.held) > 0 && !o.fits(id.project, grown)) {
		return metav1.StatusReasonForbidden
	}
	c.gpus = gpus
	if len(c.held) > 0 {
		c.held = gpus
		return ""
	}
	if len(grown) > 0 {
		c.place = 0
	}
	o.ask(id, c)
	return ""
}

func (o *oracle) suspend(id consumerID, suspend bool) metav1.StatusReason {
	c := o.consumers[id]
	switch {
	case c == nil:
		return metav1.StatusReasonNotFound
	case c.suspended == suspend:
		return ""
	case !suspend && o.tooMuch(id.project, nil, c.gpus):
		return metav1.StatusReasonForbidden
	}
	c.suspended, c.held = suspend, nil
	o.ask(id, c)
	return ""
}

func (o *oracle) delete(id consumerID) metav1.StatusReason {
	c := o.consumers[id]
	switch {
	case c == nil:
		return metav1.StatusReasonNotFound
	case c.pinned:
		c.leaving, c.place = true, 0
	default:
		delete(o.consumers, id)
	}
	return ""
}

// unpin removes the finalizer.
func (o *oracle) unpin(id consumerID) metav1.StatusReason {
	c := o.consumers[id]
	switch {
	case c == nil:
		return metav1.StatusReasonNotFound
	case c.leaving:
		delete(o.consumers, id)
	default:
		c.pinned = false
	}
	return ""
}

// limit changes the quotas of a Project, or of the Tenant where project is empty.
func (o *oracle) limit(project string, q quotas) metav1.StatusReason {
	tenant, projects := o.tenant, maps.Clone(o.projects)
	if project == "" {
		tenant = q
	} else {
		projects[project] = q
	}
	for _, p := range projects {
		if above(p.limits, tenant.limits) || above(p.maxima, tenant.maxima) {
			return metav1.StatusReasonInvalid
		}
	}
	o.tenant, o.projects = tenant, projects
	return ""
}

// waiting are those that wait, oldest first.
func (o *oracle) waiting() []consumerID {
	var ids []consumerID
	for id, c := range o.consumers {
		if c.place > 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b consumerID) int { return cmp.Compare(o.consumers[a].place, o.consumers[b].place) })
	return ids
}

// admit gives to all that wait and fit, oldest first; one that does not fit holds up none behind it.
func (o *oracle) admit() {
	for _, id := range o.waiting() {
		o.ask(id, o.consumers[id])
	}
}

// phase and usage are what the consumer's status shows.
func (c *asking) shows() (spectrocloud.ConsumerPhase, counts) {
	switch {
	case c.suspended:
		return suspended, nil
	case len(c.held) > 0 || len(c.gpus) == 0:
		return admitted, maps.Clone(c.held)
	}
	return pending, nil
}
