// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/pkg/storage"
)

const (
	// admitters are how many waiting requests are told at once that they have got their GPUs.
	admitters = 32
	// sweepInterval is how often a server looks for requests that fit and that no server has admitted, as when the one that
	// freed their GPUs has died; and how long it leaves them to that server.
	sweepInterval = 100 * time.Millisecond
	// admitTimeout is how long one admission may take.
	admitTimeout = 10 * time.Second
)

// errNotGranted says that what was granted to a request has been taken back since: it is granted again in its turn.
var errNotGranted = errors.New("the request is no longer granted")

// grant is a request that has been given its GPUs and is yet to be told.
type grant struct {
	tenant string
	key    requestKey
	uid    types.UID
}

// admitter tells waiting requests that they have got their GPUs, by the same transactions as any other write.
type admitter struct {
	ledger *Ledger
	stores map[string]*genericregistry.Store
	grants workqueue.TypedInterface[grant]
	// unsettled are the Tenants in which a request may fit whose GPUs another server has to grant. The view's lock covers it.
	unsettled map[string]bool
}

func newAdmitter(l *Ledger) *admitter {
	return &admitter{ledger: l, stores: map[string]*genericregistry.Store{}, unsettled: map[string]bool{},
		grants: workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[grant]{Name: "gpu-admissions"})}
}

// AdmitThrough makes store the one through which waiting requests of resource are admitted. Call it before Run.
func (l *Ledger) AdmitThrough(resource string, store *genericregistry.Store) {
	l.admitter.stores[resource] = store
}

type admittingKey struct{}

// admitting tells whether the write is the admitter's.
func admitting(ctx context.Context) bool { return ctx.Value(admittingKey{}) != nil }

// grant gives waiting requests what fits, if it is this server's turn, and has them told. Call it under the lock.
func (l *Ledger) grant(a *account) {
	if !a.hasTurn() {
		if a.mayFit() {
			l.admitter.unsettled[a.name] = true
		}
		return
	}
	for _, r := range a.grant() {
		l.admitter.grants.Add(grant{a.name, r.key, r.UID})
	}
}

// run admits until ctx is done.
func (m *admitter) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, m.grants.ShutDown)
	defer stop()
	var running sync.WaitGroup
	for range admitters {
		running.Go(func() {
			for m.next(ctx) {
			}
		})
	}
	running.Go(func() { m.sweep(ctx) })
	running.Wait()
}

func (m *admitter) next(ctx context.Context) bool {
	grant, shutdown := m.grants.Get()
	if shutdown {
		return false
	}
	defer m.grants.Done(grant)
	if err := m.admit(ctx, grant); err != nil {
		m.takeBack(grant)
		if !errors.Is(err, errNotGranted) && !apistorage.IsNotFound(err) && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "A request could not be admitted and is tried again",
				"resource", grant.key.resource, "namespace", grant.key.project, "name", grant.key.name)
		}
	}
	return true
}

// admit writes the object as it is; DecideConsumer, below, puts the verdict into it.
func (m *admitter) admit(ctx context.Context, grant grant) error {
	ctx, stop := context.WithTimeout(context.WithValue(ctx, admittingKey{}, true), admitTimeout)
	defer stop()
	store := m.stores[grant.key.resource]
	key, err := store.KeyFunc(apirequest.WithNamespace(ctx, grant.key.project), grant.key.name)
	if err != nil {
		return err
	}
	same := apistorage.SimpleUpdate(func(obj runtime.Object) (runtime.Object, error) { return obj, nil })
	return store.Storage.GuaranteedUpdate(ctx, key, store.NewFunc(), false, &apistorage.Preconditions{UID: &grant.uid}, same, false, nil)
}

// takeBack frees what was granted to a request that could not be told, for whoever is next now.
func (m *admitter) takeBack(grant grant) {
	l := m.ledger
	l.view.mu.Lock()
	defer l.view.mu.Unlock()
	a := l.view.account(grant.tenant)
	if r := a.requests[grant.key]; r != nil && r.grant != nil && !r.grant.claimed {
		a.release(grant.key, r.grant)
		r.grant = nil
		a.freedFamilies(r.GPUs)
		m.unsettled[a.name] = true
	}
}

// decideGranted decides on the admission of a request that has been granted its GPUs, if it still is.
func (l *Ledger) decideGranted(ctx context.Context, tenant string, c *consumer) (*storage.Transaction, error) {
	a, err := l.view.lockCurrent(ctx, tenant)
	if err != nil {
		return nil, err
	}
	defer l.view.mu.Unlock()
	r := a.requests[c.key]
	if !a.hasTurn() || r == nil || r.Held || r.grant == nil || r.grant.claimed || r.UID != c.meta.UID || c.dying() {
		return nil, errNotGranted
	}
	c.admitted()
	return l.carry(a, c.key, verdict{before: r, after: &r.grant.after, granted: true}), nil
}

// sweep looks for requests that fit and are not admitted, and takes the turn to do so.
func (m *admitter) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, tenant := range m.neglected(time.Now()) {
			txn, err := m.ledger.inTurn(ctx, tenant, func(*account) (*storage.Transaction, error) { return nil, nil })
			txn.Discard()
			if err != nil && ctx.Err() == nil {
				klog.FromContext(ctx).Error(err, "The turn to admit waiting requests could not be taken and is tried again", "tenant", tenant)
			}
		}
	}
}

// neglected are the Tenants in which a request fits that nobody has admitted for a while.
func (m *admitter) neglected(now time.Time) []string {
	v := m.ledger.view
	v.mu.Lock()
	defer v.mu.Unlock()
	var found []string
	for tenant := range m.unsettled {
		a := v.account(tenant)
		switch {
		case a.hasTurn():
			m.ledger.grant(a)
			delete(m.unsettled, tenant)
		case !a.someFit():
			delete(m.unsettled, tenant)
		case now.Sub(a.lastChange) > sweepInterval && now.Sub(a.turnSeen) > sweepInterval:
			found = append(found, tenant)
		}
	}
	return found
}
