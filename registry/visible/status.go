// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/pkg/storage"
)

// Status is the status subresource of what a Store shows.
type Status struct {
	*storage.StatusStore
	main *Store
}

var _ rest.Patcher = &Status{}

// Get returns the object, if the caller sees it.
func (s *Status) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return s.main.Get(ctx, name, options)
}

// Update changes the status of the object, if the caller sees it.
func (s *Status) Update(ctx context.Context, name string, objInfo rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	if _, seen, err := s.main.look(ctx, name); err != nil {
		return nil, false, err
	} else if !seen {
		return nil, false, s.main.notFound(name)
	}
	return s.StatusStore.Update(ctx, name, objInfo, validateCreate, validateUpdate, forceAllowCreate, options)
}
