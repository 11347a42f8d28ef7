// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// state is what etcd held at one revision. What is by namespace is by the name of a Tenant or a Project as well: each has
// the name of its own.
type state struct {
	prefix         string
	claims         map[string]claim
	tenants        map[string]*spectrocloud.Tenant
	projects       map[string]*spectrocloud.Project
	tenantRecords  map[string]tenantRecord
	projectRecords map[string]projectRecord
	consumers      map[consumerID]consumer
	requests       map[consumerID]request
	turns          map[string]turn

	// used is what the objects hold, by Tenant or Project and by family. The rest is kept so that a revision costs what it
	// touches: how many request records a Project has by Tenant, and who waits.
	used       map[string]map[string]int64
	requestsOf map[string]map[string]int
	waiting    queues
	// admitted are the waiting requests that were admitted last, with nothing else in between.
	admitted []admission
	summary  Summary
}

// newState is an empty etcd. Only where order is set, the order of admissions is looked at.
func newState(prefix string, order bool) *state {
	s := &state{
		prefix:         path.Join("/", prefix) + "/",
		claims:         map[string]claim{},
		tenants:        map[string]*spectrocloud.Tenant{},
		projects:       map[string]*spectrocloud.Project{},
		tenantRecords:  map[string]tenantRecord{},
		projectRecords: map[string]projectRecord{},
		consumers:      map[consumerID]consumer{},
		requests:       map[consumerID]request{},
		turns:          map[string]turn{},
		used:           map[string]map[string]int64{},
		requestsOf:     map[string]map[string]int{},
		summary:        Summary{MaxUsed: map[string]map[string]int64{}},
	}
	if order {
		s.waiting = queues{}
	}
	return s
}

// change is what the events of one revision touched, and how it was before.
type change struct {
	// base is set where the events are not one revision but all that etcd held at one.
	base       bool
	namespaces map[string]bool
	consumers  map[consumerID]consumer
	requests   map[consumerID]request
	// written are the kinds and revisions of objects.
	written map[string]bool
}

// revision applies all events of one revision, then checks what they may have changed.
func (s *state) revision(revision int64, events []*clientv3.Event) error {
	s.summary.Revisions++
	if s.waiting != nil && !s.admits(events) {
		if err := s.settleOrder(); err != nil {
			return err
		}
	}
	return s.change(revision, events, &change{})
}

// base starts the state with all that etcd held at revision.
func (s *state) base(revision int64, events []*clientv3.Event) error {
	return s.change(revision, events, &change{base: true})
}

func (s *state) change(revision int64, events []*clientv3.Event, c *change) error {
	c.namespaces, c.consumers, c.requests, c.written = map[string]bool{}, map[consumerID]consumer{}, map[consumerID]request{}, map[string]bool{}
	for _, event := range events {
		if err := s.apply(event, c); err != nil {
			return fmt.Errorf("revision %d: key %s: %w", revision, event.Kv.Key, err)
		}
	}
	var errs []error
	for _, err := range s.account(revision, c) {
		errs = append(errs, fmt.Errorf("revision %d: %w", revision, err))
	}
	for namespace := range c.namespaces {
		for _, err := range s.checkNamespace(namespace) {
			errs = append(errs, fmt.Errorf("revision %d: namespace %s: %w", revision, namespace, err))
		}
	}
	for id := range c.consumers {
		for _, err := range s.checkConsumer(id) {
			errs = append(errs, fmt.Errorf("revision %d: %s: %w", revision, id, err))
		}
	}
	for id, before := range c.requests {
		for _, err := range s.checkRequest(id, before, c.base) {
			errs = append(errs, fmt.Errorf("revision %d: %s: %w", revision, id, err))
		}
	}
	return errors.Join(errs...)
}

// apply takes in one event and notes what it may have changed.
func (s *state) apply(event *clientv3.Event, c *change) error {
	key, under := strings.CutPrefix(string(event.Kv.Key), s.prefix)
	if !under {
		return nil
	}
	parts := strings.Split(key, "/")
	if parts[0] == "ledger" {
		return s.applyRecord(parts[1:], event, c)
	}
	switch kind := parts[0]; {
	case kind == "tenants" && len(parts) == 2:
		c.namespaces[parts[1]] = true
		return errors.Join(c.object(kind, event), put(s.tenants, parts[1], event, decodeObject[spectrocloud.Tenant]))
	case kind == "projects" && len(parts) == 3:
		if parts[1] != parts[2] {
			return errors.New("a Project lives in the namespace of its own name")
		}
		c.namespaces[parts[1]] = true
		return errors.Join(c.object(kind, event), put(s.projects, parts[1], event, decodeObject[spectrocloud.Project]))
	case (kind == computePools || kind == aiWorkloads) && len(parts) == 3:
		id := consumerID{kind, parts[1], parts[2]}
		note(c.consumers, id, s.consumers)
		return errors.Join(c.object(kind, event), put(s.consumers, id, event, decodeConsumer))
	case kind == "tenants", kind == "projects", kind == computePools, kind == aiWorkloads:
		return errUnknownKey
	}
	return nil
}

// errUnknownKey is the error for a key that the checker has no rule for, and so can't check.
var errUnknownKey = errors.New("not a key that the checker knows")

// applyRecord takes in an event of the ledger.
func (s *state) applyRecord(parts []string, event *clientv3.Event, c *change) error {
	switch kind := parts[0]; {
	case kind == "claims" && len(parts) == 2:
		c.namespaces[parts[1]] = true
		return put(s.claims, parts[1], event, decodeRecord[claim])
	case kind == "tenants" && len(parts) == 2:
		// The record is written when something changes that Projects depend on.
		c.namespaces[parts[1]] = true
		for name, project := range s.projects {
			if project.Spec.TenantRef.Name == parts[1] {
				c.namespaces[name] = true
			}
		}
		return put(s.tenantRecords, parts[1], event, decodeRecord[tenantRecord])
	case kind == "projects" && len(parts) == 3:
		c.namespaces[parts[2]] = true
		return put(s.projectRecords, parts[2], event, func(kv *mvccpb.KeyValue) (projectRecord, error) {
			record, err := decodeRecord[projectRecord](kv)
			record.Tenant = parts[1]
			return record, err
		})
	case kind == "turns" && len(parts) == 2:
		c.namespaces[parts[1]] = true
		return put(s.turns, parts[1], event, decodeRecord[turn])
	case kind == "requests" && len(parts) == 5 && (parts[3] == computePools || parts[3] == aiWorkloads):
		return s.applyRequest(parts[1], consumerID{parts[3], parts[2], parts[4]}, event, c)
	}
	return errUnknownKey
}

// note keeps in before what held[id] was when the revision began.
func note[T any](before map[consumerID]T, id consumerID, held map[consumerID]T) {
	if _, noted := before[id]; !noted {
		before[id] = held[id]
	}
}

// object is an error if another object of the kind was written at the revision of event.
func (c *change) object(kind string, event *clientv3.Event) error {
	written := fmt.Sprintf("%s@%d", kind, event.Kv.ModRevision)
	if c.written[written] {
		return fmt.Errorf("is not the only one of %s at its revision, so that a watch loses one of them", kind)
	}
	c.written[written] = true
	return nil
}

// put makes held[name] what event says.
func put[K comparable, T any](held map[K]T, name K, event *clientv3.Event, decode func(*mvccpb.KeyValue) (T, error)) error {
	if event.Type == clientv3.EventTypeDelete {
		delete(held, name)
		return nil
	}
	value, err := decode(event.Kv)
	if err != nil {
		return err
	}
	held[name] = value
	return nil
}
