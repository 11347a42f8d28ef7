// SPDX-License-Identifier: Apache-2.0

package visible

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/registry/kind"
)

// Store is a store of which each caller sees what they may. What they don't is not found, whatever they would do with it.
type Store struct {
	*kind.REST
	groups     Groups
	authorizer authorizer.Authorizer
}

var (
	_ rest.StandardStorage    = &Store{}
	_ rest.ShortNamesProvider = &Store{}
	_ rest.CategoriesProvider = &Store{}
)

// New returns the stores of a kind and of its status, with objects shown to the groups that they name, and to whom authorizer
// allows listall.
func New(d kind.Definition, groups Groups, authorizer authorizer.Authorizer) (*Store, *Status, error) {
	d.Inner = kind.Inner{
		Fields:   func(obj runtime.Object) fields.Set { return Fields(groups(obj)) },
		Indexers: cache.Indexers{Index: groups.IndexFunc()},
	}
	main, status, err := kind.New(d)
	if err != nil {
		return nil, nil, err
	}
	store := &Store{main, groups, authorizer}
	return store, &Status{status, store}, nil
}

// Get returns the object, if the caller sees it.
func (s *Store) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	obj, err := s.REST.Get(ctx, name, options)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	if err == nil && s.member(c, obj) {
		return obj, nil
	}
	// Asked for what is not there too, so that the time it takes does not tell this from what the caller doesn't see.
	all, failed := s.everything(ctx, c)
	switch {
	case failed != nil:
		return nil, failed
	case all:
		return obj, err
	default:
		return nil, s.notFound(name)
	}
}

func (s *Store) notFound(name string) error {
	return apierrors.NewNotFound(s.DefaultQualifiedResource, name)
}

// look tells whether the caller sees the object, and if not, whether it is there. Who sees everything sees what is not there,
// too. Nothing that compares a request with the object may come before: a precondition that fails says that there is
// something. The watch cache's word is enough for what the caller sees, or saw a moment ago.
func (s *Store) look(ctx context.Context, name string) (there, seen bool, err error) {
	c, err := callerOf(ctx)
	if err != nil {
		return false, false, err
	}
	if obj, err := s.REST.Get(ctx, name, &metav1.GetOptions{ResourceVersion: "0"}); err == nil && s.member(c, obj) {
		return true, true, nil
	}
	if all, err := s.everything(ctx, c); err != nil || all {
		return all, all, err
	}
	obj, err := s.REST.Get(ctx, name, &metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return false, false, nil
	case err != nil:
		return false, false, err
	default:
		return true, s.member(c, obj), nil
	}
}

// Update updates the object, if the caller sees it. An apply that finds none creates it.
func (s *Store) Update(ctx context.Context, name string, objInfo rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	there, seen, err := s.look(ctx, name)
	if err != nil {
		return nil, false, err
	}
	if !seen && (there || !forceAllowCreate) {
		return nil, false, s.notFound(name)
	}
	return s.REST.Update(ctx, name, objInfo, validateCreate, validateUpdate, forceAllowCreate, options)
}

// Delete deletes the object, if the caller sees it.
func (s *Store) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc,
	options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	if _, seen, err := s.look(ctx, name); err != nil {
		return nil, false, err
	} else if !seen {
		return nil, false, s.notFound(name)
	}
	return s.REST.Delete(ctx, name, validate, options)
}

// DeleteCollection deletes those of the selected objects that the caller sees.
func (s *Store) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	listOptions *metainternalversion.ListOptions) (runtime.Object, error) {
	listOptions, err := s.narrow(ctx, listOptions)
	if err != nil {
		return nil, err
	}
	return s.REST.DeleteCollection(ctx, validate, options, listOptions)
}

// Watch watches what the caller sees. What that depends on is asked once: a watch goes on as it began.
func (s *Store) Watch(ctx context.Context, options *metainternalversion.ListOptions) (watch.Interface, error) {
	options, err := s.narrow(ctx, options)
	if err != nil {
		return nil, err
	}
	return s.REST.Watch(ctx, options)
}

// narrow returns options for what the caller sees.
func (s *Store) narrow(ctx context.Context, options *metainternalversion.ListOptions) (*metainternalversion.ListOptions, error) {
	c, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	all, err := s.everything(ctx, c)
	if err != nil {
		return nil, err
	}
	if all {
		return optionsOf(options), nil
	}
	return selecting(options, c.selector), nil
}

// optionsOf returns a copy of options, which may be nil.
func optionsOf(options *metainternalversion.ListOptions) *metainternalversion.ListOptions {
	if options == nil {
		return &metainternalversion.ListOptions{}
	}
	return options.DeepCopy()
}

// selecting returns options for what s selects.
func selecting(options *metainternalversion.ListOptions, s selector) *metainternalversion.ListOptions {
	narrowed := optionsOf(options)
	narrowed.FieldSelector = s.narrow(narrowed.FieldSelector)
	return narrowed
}
