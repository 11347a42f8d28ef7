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

// Store is a generic registry store whose dry runs are decided like real writes. A dry run ends above the guarded
// storage, so it is decided here, where everything else about the object has been validated.
type Store struct {
	*genericregistry.Store
	Decide Decide
}

// Create decides a dry-run create, then does as the generic store.
func (s *Store) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	if dryrun.IsDryRun(options.DryRun) {
		validate = s.validateCreate(validate)
	}
	return s.Store.Create(ctx, obj, validate, options)
}

// Update decides a dry-run update, or a create through apply, then does as the generic store.
func (s *Store) Update(ctx context.Context, name string, objInfo rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	if dryrun.IsDryRun(options.DryRun) {
		validateCreate, validateUpdate = s.validateCreate(validateCreate), s.validateUpdate(validateUpdate)
	}
	return s.Store.Update(ctx, name, objInfo, validateCreate, validateUpdate, forceAllowCreate, options)
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

func (s *Store) validateCreate(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		if err := validate(ctx, obj); err != nil {
			return err
		}
		_, err := s.Decide(ctx, nil, obj)
		return err
	}
}

func (s *Store) validateUpdate(validate rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, obj, old runtime.Object) error {
		if err := validate(ctx, obj, old); err != nil {
			return err
		}
		_, err := s.Decide(ctx, old, obj)
		return err
	}
}

func (s *Store) validateDelete(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		if err := validate(ctx, obj); err != nil {
			return err
		}
		_, err := s.Decide(ctx, obj, nil)
		return err
	}
}
