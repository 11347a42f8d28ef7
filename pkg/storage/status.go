// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// StatusStore serves the status subresource of a kind from the kind's own store.
type StatusStore struct{ store Store }

var (
	_ rest.Patcher             = &StatusStore{}
	_ rest.TableConvertor      = &StatusStore{}
	_ rest.ResetFieldsStrategy = &StatusStore{}
)

// StatusStrategy is what an update of a status may do.
type StatusStrategy interface {
	rest.RESTUpdateStrategy
	rest.ResetFieldsStrategy
}

// NewStatusStore returns the status subresource of the kind that store serves.
func NewStatusStore(store *Store, strategy StatusStrategy) *StatusStore {
	status := *store.Store
	status.UpdateStrategy, status.ResetFieldsStrategy = strategy, strategy
	return &StatusStore{Store{Store: &status, Decide: store.Decide}}
}

// New returns an empty object of the kind.
func (s *StatusStore) New() runtime.Object { return s.store.New() }

// Destroy leaves the store, which it shares, to the kind.
func (s *StatusStore) Destroy() {}

// Get returns the object, for patches.
func (s *StatusStore) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return s.store.Get(ctx, name, options)
}

// Update changes the status. A subresource never creates its object, whatever forceAllowCreate says.
func (s *StatusStore) Update(ctx context.Context, name string, objInfo rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, _ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return s.store.Update(ctx, name, objInfo, validateCreate, validateUpdate, false, options)
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (s *StatusStore) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.store.GetResetFields()
}

// ConvertToTable prints the columns of the kind.
func (s *StatusStore) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return s.store.ConvertToTable(ctx, object, options)
}
