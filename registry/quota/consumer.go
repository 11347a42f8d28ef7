// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-base/tracing"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/pkg/storage"
)

// slow is how long a decision may take before the log tells where the time went.
const slow = 500 * time.Millisecond

// consumer is what the ledger needs to know of a ComputePool or an AIWorkload.
type consumer struct {
	kind string
	key  requestKey
	meta *metav1.ObjectMeta
	// gpus are what it asks for.
	gpus spectrocloud.GPUCounts
	// pool, if it is not empty, is the ComputePool whose GPUs these are, and which is charged for them.
	pool      string
	suspended bool
	status    *spectrocloud.ConsumerStatus
}

// consumerOf reads a ComputePool or an AIWorkload; nil for nil.
func consumerOf(obj runtime.Object) *consumer {
	switch o := obj.(type) {
	case *spectrocloud.ComputePool:
		return &consumer{kind: "ComputePool", key: requestKey{o.Namespace, "computepools", o.Name}, meta: &o.ObjectMeta,
			gpus: quota.RequestedByPool(o), suspended: o.Spec.Suspend, status: &o.Status}
	case *spectrocloud.AIWorkload:
		c := &consumer{kind: "AIWorkload", key: requestKey{o.Namespace, "aiworkloads", o.Name}, meta: &o.ObjectMeta,
			gpus: quota.RequestedByWorkload(o), suspended: o.Spec.Suspend, status: &o.Status}
		if ref := o.Spec.ComputePoolRef; ref != nil {
			c.pool = ref.Name
		}
		return c
	}
	return nil
}

// charged is what quotas are to be charged for it; empty for nothing.
func (c *consumer) charged() spectrocloud.GPUCounts {
	if c == nil || c.suspended || c.pool != "" {
		return nil
	}
	return c.gpus
}

func (c *consumer) dying() bool { return c.meta.DeletionTimestamp != nil }

func (c *consumer) groupKind() schema.GroupKind { return spectrocloud.Kind(c.kind) }

func (c *consumer) resource() schema.GroupResource { return spectrocloud.Resource(c.key.resource) }

func (l *Ledger) requestKey(tenant string, key requestKey) string {
	return l.requestsPrefix(tenant, key.project) + key.resource + "/" + key.name
}

// DecideConsumer is the storage.Decide of ComputePools and AIWorkloads: what asks for more than one request may have is
// refused, what fits now is given its GPUs, and what doesn't is let wait. The verdict is written to the status of updated.
func (l *Ledger) DecideConsumer(ctx context.Context, old, updated runtime.Object) (*storage.Transaction, error) {
	before, after := consumerOf(old), consumerOf(updated)
	start := time.Now()
	ctx, span := tracing.Start(ctx, "Decide on GPUs")
	defer span.End(slow)
	decide := func() (*storage.Transaction, error) {
		if err := l.refuseReferences(ctx, old, updated); err != nil {
			return nil, err
		}
		if !admitting(ctx) && !concerns(before, after) {
			after.observed()
			return nil, nil
		}
		return l.decideConsumer(ctx, before, after)
	}
	txn, err := decide()
	if refused(err) {
		// Nothing guards a refusal, so it is not made on what another server may have changed.
		if err := l.view.now(ctx); err != nil {
			return nil, err
		}
		txn, err = decide()
	}
	return told(ctx, before, after, time.Since(start), txn, err)
}

func refused(err error) bool { return apierrors.IsForbidden(err) || apierrors.IsInvalid(err) }

func (l *Ledger) decideConsumer(ctx context.Context, before, after *consumer) (*storage.Transaction, error) {
	key := before.or(after).key
	tenant, found, err := l.tenantOf(ctx, key.project)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, after.refuseStray(before) // Nothing is charged outside of Projects.
	}
	decide := func(a *account) (*storage.Transaction, error) {
		verdict, err := l.decideOn(a, before, after)
		if err != nil || storage.IsDryRun(ctx) {
			return nil, err
		}
		return l.carry(a, key, verdict), nil
	}
	switch {
	case storage.IsDryRun(ctx):
		return l.rehearse(ctx, tenant, decide)
	case admitting(ctx):
		return l.decideGranted(ctx, tenant, after)
	case len(before.charged())+len(after.charged()) == 0 && (before == nil || len(before.status.GPUUsage) == 0):
		// Nothing is charged, so it is nobody's turn.
		a, err := l.view.lockCurrent(ctx, tenant)
		if err != nil {
			return nil, err
		}
		defer l.view.mu.Unlock()
		return decide(a)
	default:
		return l.inTurn(ctx, tenant, decide)
	}
}

// or is c, or other where there is no c.
func (c *consumer) or(other *consumer) *consumer {
	if c != nil {
		return c
	}
	return other
}

// concerns tells whether the write from before to after can change what is charged, or what its status says of that.
func concerns(before, after *consumer) bool {
	switch {
	case before == nil:
		return true
	case after == nil:
		return len(before.charged())+len(before.status.GPUUsage) > 0
	}
	return before.suspended != after.suspended || before.pool != after.pool || before.dying() != after.dying() ||
		!equality.Semantic.DeepEqual(before.gpus, after.gpus)
}

// tenantOf is the Tenant of the Project of a namespace, if there is one.
func (l *Ledger) tenantOf(ctx context.Context, namespace string) (string, bool, error) {
	lookup := func() (string, bool) {
		l.view.mu.Lock()
		defer l.view.mu.Unlock()
		tenant, found := l.view.tenants[namespace]
		return tenant, found
	}
	if err := l.view.wait(ctx, 1); err != nil {
		return "", false, err
	}
	if tenant, found := lookup(); found {
		return tenant, true, nil
	}
	if err := l.view.now(ctx); err != nil { // It may have been created through another server.
		return "", false, err
	}
	tenant, found := lookup()
	return tenant, found, nil
}

// verdict is what becomes of a consumer's record.
type verdict struct {
	// before is the record there is, after the one there will be; nil for none.
	before *request
	after  *requestRecord
	// granted says that the GPUs were reserved for the request when it was granted them.
	granted bool
	// more is what the consumer is given beyond what it holds.
	more spectrocloud.GPUCounts
}

// decideOn decides on the account as it is, under the lock, and changes nothing but the status of after.
func (l *Ledger) decideOn(a *account, before, after *consumer) (verdict, error) {
	request := a.requests[before.or(after).key]
	if request != nil && request.UID != before.or(after).meta.UID {
		request = nil // That of an object that is gone, or of one that old is a memory of: the write will find out.
	}
	if after == nil {
		return verdict{before: request}, nil
	}
	if err := l.refuse(a, before, after); err != nil {
		return verdict{}, err
	}
	switch want := after.charged(); {
	case len(want) == 0 || (after.dying() && (request == nil || !request.Held)):
		after.uncharged()
		return verdict{before: request}, nil
	case request == nil:
		return ask(a, after, nil, 0), nil
	case request.Held:
		return resize(a, after, request)
	case len(quota.Grows(request.GPUs, want)) > 0:
		return ask(a, after, request, 0), nil // Who asks for more goes to the end.
	default:
		return ask(a, after, request, request.place()), nil
	}
}

// ask gives a new request, or one that waits and has changed, its GPUs if they fit, and else a place in the queue.
func ask(a *account, c *consumer, before *request, place int64) verdict {
	after := requestRecord{UID: c.meta.UID, GPUs: c.charged(), Held: true}
	shortages := quota.Shortages(after.GPUs, a.levels(c.key.project)...)
	switch {
	case a.project(c.key.project).record.value.Terminating:
		c.waits(quota.Format(after.GPUs) + ": its Project is being deleted")
	case len(shortages) > 0:
		c.waits(quota.Describe(shortages))
	default:
		c.admitted()
		return verdict{before: before, after: &after, more: after.GPUs}
	}
	after.Held, after.Place = false, place
	return verdict{before: before, after: &after}
}

// resize gives a request that holds GPUs what more it asks for, or refuses; what it no longer asks for is free at once.
func resize(a *account, c *consumer, before *request) (verdict, error) {
	after := requestRecord{UID: c.meta.UID, GPUs: c.charged(), Held: true}
	more := quota.Grows(before.GPUs, after.GPUs)
	if shortages := quota.Shortages(more, a.levels(c.key.project)...); len(shortages) > 0 {
		return verdict{}, apierrors.NewForbidden(c.resource(), c.key.name, fmt.Errorf(
			"it holds %s and can't be raised by %s: free some, or create another %s, which will wait",
			quota.Format(before.GPUs), quota.Describe(shortages), c.kind))
	}
	c.admitted()
	return verdict{before: before, after: &after, more: more}, nil
}

// rehearse decides on what etcd holds at this moment, as if it were this server's turn, and leaves no trace.
func (l *Ledger) rehearse(ctx context.Context, tenant string, decide func(*account) (*storage.Transaction, error)) (*storage.Transaction, error) {
	if err := l.view.now(ctx); err != nil {
		return nil, err
	}
	a, err := l.view.lockCurrent(ctx, tenant)
	if err != nil {
		return nil, err
	}
	defer l.view.mu.Unlock()
	if !a.hasTurn() {
		// Who waits and fits comes first, though it is another server that will tell them.
		a.startOver()
		a.grant()
		defer a.startOver()
	}
	return decide(a)
}
