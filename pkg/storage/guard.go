// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/storage"
)

// Decide says whether an object may go from old to new, and what the write then carries. old is nil when the object is
// created, new when it is removed. The error goes to the client as it is, so it should be an API status.
//
// Decide runs before every attempt to write, on what may prove stale; whatever it concluded from other keys must be
// among the guards. It must not change old. It may fill in the status of new, from nothing but old and what it read, so that
// a verdict is stored and answered with the object it is about: an attempt starts over from what the client asked for or
// from what the last attempt left, and both must come to the same.
type Decide func(ctx context.Context, old, new runtime.Object) (*Transaction, error)

// Guard returns store with each write decided by decide and carrying what decide returned. A write whose guards fail is
// decided again from fresh figures, for as long as the request's context lasts: clients see a verdict, never a conflict.
// store must be an etcd3 store on a client with CarryTransactions.
func Guard(store storage.Interface, decide Decide) storage.Interface {
	return &guarded{Interface: store, decide: decide}
}

type guarded struct {
	storage.Interface
	decide Decide
}

func (g *guarded) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	return retry(ctx, func(ctx context.Context, txn *Transaction, _ bool) error {
		if err := g.fill(ctx, txn, nil, obj); err != nil {
			return err
		}
		return g.Interface.Create(ctx, key, obj, out, ttl)
	})
}

func (g *guarded) Delete(ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validateDeletion storage.ValidateObjectFunc, cached runtime.Object, opts storage.DeleteOptions) error {
	return retry(ctx, func(ctx context.Context, txn *Transaction, again bool) error {
		decided := func(_ context.Context, obj runtime.Object) error {
			if err := validateDeletion(ctx, obj); err != nil {
				return err
			}
			return g.fill(ctx, txn, obj, nil)
		}
		return g.Interface.Delete(ctx, key, out, preconditions, decided, unlessAgain(again, cached), opts)
	})
}

func (g *guarded) GuaranteedUpdate(ctx context.Context, key string, destination runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, cached runtime.Object) error {
	return retry(ctx, func(ctx context.Context, txn *Transaction, again bool) error {
		decided := func(input runtime.Object, response storage.ResponseMeta) (runtime.Object, *uint64, error) {
			// tryUpdate may change its input, as marking an object for deletion does.
			old, err := stored(input.DeepCopyObject())
			if err != nil {
				return nil, nil, err
			}
			updated, ttl, err := tryUpdate(input, response)
			if err != nil {
				return nil, nil, err
			}
			return updated, ttl, g.fill(ctx, txn, old, updated)
		}
		return g.Interface.GuaranteedUpdate(ctx, key, destination, ignoreNotFound, preconditions, decided, unlessAgain(again, cached))
	})
}

// fill makes txn what the write from old to updated has to carry.
func (g *guarded) fill(ctx context.Context, txn *Transaction, old, updated runtime.Object) error {
	txn.settle()
	decided, err := g.decide(ctx, old, updated)
	if err != nil {
		return answer(err, notWritten)
	}
	if decided != nil {
		*txn = *decided
	}
	return nil
}

// stored returns obj, or nil for the empty object that an update that may create starts from.
func stored(obj runtime.Object) (runtime.Object, error) {
	accessor, err := meta.Accessor(obj)
	if err != nil {
		return nil, fmt.Errorf("reading the metadata of the object to update: %w", err)
	}
	if accessor.GetResourceVersion() == "" {
		return nil, nil
	}
	return obj, nil
}

// unlessAgain drops the watch cache's copy on a second attempt, which must start from what etcd holds.
func unlessAgain(again bool, cached runtime.Object) runtime.Object {
	if again {
		return nil
	}
	return cached
}

// retry calls attempt until its write's guards hold. The pause grows to 100 ms and is jittered, so that writers which
// keep failing each other's guards drift apart.
func retry(ctx context.Context, attempt func(ctx context.Context, txn *Transaction, again bool) error) error {
	pause := wait.Backoff{Duration: time.Millisecond, Factor: 2, Jitter: 1, Steps: 8, Cap: 100 * time.Millisecond}
	for tries := 1; ; tries++ {
		txn := &Transaction{}
		err := attempt(WithTransaction(ctx, txn), txn, tries > 1)
		txn.settle()
		if !errors.Is(err, ErrGuardFailed) {
			return err
		}
		select {
		case <-ctx.Done():
			return apierrors.NewTimeoutError(fmt.Sprintf(
				"what this write depends on changed during each of %d attempts; nothing was written, try again", tries), 1)
		case <-time.After(pause.Step()):
		}
	}
}
