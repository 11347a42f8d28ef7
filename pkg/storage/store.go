// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/util/dryrun"
)

// Store is a generic registry store whose dry runs are decided, and answered, like real writes. A dry run ends above the
// guarded storage, so it is decided here, where everything else about the object has been validated.
type Store struct {
	*genericregistry.Store
	// Decide is nil for a kind that nothing is decided about.
	Decide Decide
}

type dryRunKey struct{}

// IsDryRun tells a Decide that nothing will be written: it must leave no trace, and answer for this moment.
func IsDryRun(ctx context.Context) bool { return ctx.Value(dryRunKey{}) != nil }

// dryRun decides the writes of one request that is a dry run, and keeps the object as it was decided.
type dryRun struct {
	decide  Decide
	room    func() error
	decided runtime.Object
}

func (s *Store) newDryRun() *dryRun { return &dryRun{decide: s.Decide, room: s.room} }

// room is an error where nothing can be created, which is otherwise found when etcd is written to.
func (s *Store) room() error {
	if store, ok := s.Storage.Storage.(backed); ok {
		return store.space.room()
	}
	return nil
}

func (d *dryRun) do(ctx context.Context, old, updated runtime.Object) error {
	if d.decide == nil {
		return nil
	}
	txn, err := d.decide(context.WithValue(ctx, dryRunKey{}, true), old, updated)
	txn.Discard()
	d.decided = updated
	return answer(err, notWritten)
}

// answer is the object as it was decided, in the place of the one that was not.
func (d *dryRun) answer(obj runtime.Object, err error) (runtime.Object, error) {
	if err != nil || d.decided == nil {
		return obj, err
	}
	return d.decided, nil
}

// Create decides a dry-run create, then does as the generic store.
func (s *Store) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	if !dryrun.IsDryRun(options.DryRun) {
		return s.Store.Create(ctx, obj, validate, options)
	}
	dry := s.newDryRun()
	return dry.answer(s.Store.Create(ctx, obj, dry.validateCreate(validate), options))
}

// Update decides a dry-run update, or a create through apply, then does as the generic store.
func (s *Store) Update(ctx context.Context, name string, objInfo rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	if !dryrun.IsDryRun(options.DryRun) {
		return s.Store.Update(ctx, name, objInfo, validateCreate, validateUpdate, forceAllowCreate, options)
	}
	dry := s.newDryRun()
	obj, created, err := s.Store.Update(ctx, name, objInfo, dry.validateCreate(validateCreate), dry.validateUpdate(validateUpdate), forceAllowCreate, options)
	obj, err = dry.answer(obj, err)
	return obj, created, err
}

// Delete decides a dry-run delete, then does as the generic store.
func (s *Store) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	if dryrun.IsDryRun(options.DryRun) {
		validate = s.validateDelete(validate)
	}
	return s.Store.Delete(ctx, name, validate, options)
}

// DeleteCollection decides each delete of a dry run, then does as the generic store.
func (s *Store) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	listOptions *metainternalversion.ListOptions) (runtime.Object, error) {
	if dryrun.IsDryRun(options.DryRun) {
		validate = s.validateDelete(validate)
	}
	return s.Store.DeleteCollection(ctx, validate, options, listOptions)
}

func (d *dryRun) validateCreate(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		if err := validate(ctx, obj); err != nil {
			return err
		}
		if err := d.do(ctx, nil, obj); err != nil {
			return err
		}
		return d.room()
	}
}

func (d *dryRun) validateUpdate(validate rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, obj, old runtime.Object) error {
		if err := validate(ctx, obj, old); err != nil {
			return err
		}
		return d.do(ctx, old, obj)
	}
}

func (s *Store) validateDelete(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		if err := validate(ctx, obj); err != nil {
			return err
		}
		return s.newDryRun().do(ctx, obj, nil)
	}
}
