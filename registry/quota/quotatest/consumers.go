// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"cmp"
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// waits says whether the consumer has a place in the queue.
func (c consumer) waits() bool { return len(c.holds) == 0 && len(c.wants) > 0 && !c.deleting }

// applyRequest takes in an event of the request record of id under tenant.
func (s *state) applyRequest(tenant string, id consumerID, event *clientv3.Event, c *change) error {
	note(c.requests, id, s.requests)
	note(c.consumers, id, s.consumers)
	before, recorded := s.requests[id]
	if recorded && before.tenant != tenant {
		return fmt.Errorf("has a request record under Tenant %s as well", before.tenant)
	}
	if err := put(s.requests, id, event, func(kv *mvccpb.KeyValue) (request, error) {
		record, err := decodeRecord[request](kv)
		record.tenant, record.revision = tenant, kv.ModRevision
		return record, err
	}); err != nil {
		return err
	}
	after, recorded2 := s.requests[id]
	if recorded {
		s.requestsOf[id.namespace][tenant]--
		s.waiting.remove(id, before)
	}
	if recorded2 {
		if s.requestsOf[id.namespace] == nil {
			s.requestsOf[id.namespace] = map[string]int{}
		}
		s.requestsOf[id.namespace][tenant]++
		s.waiting.add(id, after)
	}
	return nil
}

// checkConsumer returns what is wrong with a ComputePool or an AIWorkload, and with what the ledger says of it.
func (s *state) checkConsumer(id consumerID) []error {
	consumer, record := s.consumers[id], s.requests[id]
	want := request{UID: consumer.uid}
	switch {
	case len(consumer.holds) > 0:
		want.GPUs, want.Held = consumer.holds, true
	case consumer.waits():
		want.GPUs = consumer.wants
	default:
		want = request{}
	}
	var errs []error
	if record.UID != want.UID || record.Held != want.Held || !equality.Semantic.DeepEqual(record.GPUs, want.GPUs) {
		errs = append(errs, fmt.Errorf("the request record is %+v, but the object says %+v", record, want))
	}
	if tenant := s.tenantOf(id.namespace); record.tenant != "" && record.tenant != tenant {
		errs = append(errs, fmt.Errorf("the request record is under Tenant %q, but its Project is under %q", record.tenant, tenant))
	}
	return append(errs, consumer.check()...)
}

// check returns how the status does not agree with itself or with the spec.
func (c consumer) check() []error {
	var errs []error
	phase, reserved := c.phase, c.reserved
	if len(c.holds) > 0 && !equality.Semantic.DeepEqual(c.holds, c.wants) {
		errs = append(errs, fmt.Errorf("it holds %v, but its spec asks for %v", c.holds, c.wants))
	}
	for family, n := range c.holds {
		if n <= 0 {
			errs = append(errs, fmt.Errorf("it holds %d of %s", n, family))
		}
	}
	switch {
	case c.uid == "":
		// It is gone.
	case len(c.holds) > 0 && (phase == spectrocloud.ConsumerPending || phase == spectrocloud.ConsumerSuspended || phase == "" || reserved != metav1.ConditionTrue):
		errs = append(errs, fmt.Errorf("it holds GPUs, but its phase is %q and QuotaReserved is %q", phase, reserved))
	case c.waits() && (phase != spectrocloud.ConsumerPending || reserved != metav1.ConditionFalse):
		errs = append(errs, fmt.Errorf("it waits, but its phase is %q and QuotaReserved is %q", phase, reserved))
	case c.suspended != (phase == spectrocloud.ConsumerSuspended):
		errs = append(errs, fmt.Errorf("suspended is %t, but its phase is %q", c.suspended, phase))
	case len(c.wants) == 0 && phase == spectrocloud.ConsumerPending:
		errs = append(errs, errors.New("it asks for no GPUs, but its phase is Pending"))
	}
	return errs
}

// checkRequest returns what is wrong with how the request record of id changed from before. base is set where it is not
// known how it was before.
func (s *state) checkRequest(id consumerID, before request, base bool) []error {
	record, recorded := s.requests[id]
	if tenant := cmp.Or(record.tenant, before.tenant); !base && tenant != "" && s.turns[tenant].Server == "" {
		return []error{fmt.Errorf("the request record changed in nobody's turn to decide on Tenant %s", tenant)}
	}
	if !recorded {
		return nil
	}
	if record.Held {
		if record.Place != 0 {
			return []error{fmt.Errorf("the request record %+v has a place, but holds its GPUs", record)}
		}
		return nil
	}
	if base {
		return nil
	}
	waited := before.UID == record.UID && !before.Held
	if waited && equality.Semantic.DeepEqual(before.GPUs, record.GPUs) && record.place() != before.place() {
		return []error{fmt.Errorf("the request was at place %d and is now at %d, though it asks for the same", before.place(), record.place())}
	}
	if record.Place != 0 && (!waited || record.Place != before.place()) {
		return []error{fmt.Errorf("the request record %+v names a place that it did not have: it was %+v", record, before)}
	}
	return nil
}
