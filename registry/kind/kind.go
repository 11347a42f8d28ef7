// SPDX-License-Identifier: Apache-2.0

// Package kind makes the stores of a kind from what is particular about it. Each
// kind's own package calls it; it must not know a kind.
package kind

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	apistorage "k8s.io/apiserver/pkg/storage"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/strategy"
)

// Definition is what is particular about a kind.
type Definition struct {
	// New and NewList return an empty object of the kind, and an empty list.
	New, NewList func() runtime.Object
	// Resource and Singular are the kind's name in paths and on the command line.
	Resource, Singular string
	ShortNames         []string
	Strategy           strategy.Strategy
	Columns            rest.TableConvertor
	// Decide guards the kind's writes; nil for a kind whose objects depend on no others.
	Decide storage.Decide
	// Options are how its objects are read, with the options of storage in RESTOptions.
	Options generic.StoreOptions
}

// REST serves a kind.
type REST struct {
	storage.Store
	shortNames []string
}

var (
	_ rest.StandardStorage    = &REST{}
	_ rest.ShortNamesProvider = &REST{}
	_ rest.CategoriesProvider = &REST{}
)

// ShortNames implements rest.ShortNamesProvider.
func (r *REST) ShortNames() []string { return r.shortNames }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"tenancy"} }

// indexed are the fields that the watch cache has an index of. It uses one only for what asks by such a field.
func indexed(options *generic.StoreOptions) []string {
	var all []string
	if options.Indexers != nil {
		for index := range *options.Indexers {
			if field, ok := strings.CutPrefix(index, apistorage.FieldIndex("")); ok {
				all = append(all, field)
			}
		}
	}
	slices.Sort(all)
	return all
}

// New returns the store of a kind, and that of its status; the latter is nil for a kind without one.
func New(d Definition) (*REST, *storage.StatusStore, error) {
	store := &genericregistry.Store{
		NewFunc:                   d.New,
		NewListFunc:               d.NewList,
		DefaultQualifiedResource:  spectrocloud.Resource(d.Resource),
		SingularQualifiedResource: spectrocloud.Resource(d.Singular),
		CreateStrategy:            d.Strategy,
		UpdateStrategy:            d.Strategy,
		DeleteStrategy:            d.Strategy,
		ResetFieldsStrategy:       d.Strategy,
		TableConvertor:            d.Columns,
	}
	if indexed := indexed(&d.Options); len(indexed) > 0 {
		store.PredicateFunc = func(label labels.Selector, field fields.Selector) apistorage.SelectionPredicate {
			return apistorage.SelectionPredicate{Label: label, Field: field, GetAttrs: d.Options.AttrFunc, IndexFields: indexed}
		}
	}
	if err := store.CompleteWithOptions(&d.Options); err != nil {
		return nil, nil, fmt.Errorf("making the store of %s: %w", d.Resource, err)
	}
	main := &REST{storage.Store{Store: store, Decide: d.Decide}, d.ShortNames}
	if !d.Strategy.HasStatus() {
		return main, nil, nil
	}
	return main, storage.NewStatusStore(&main.Store, d.Strategy.ForStatus()), nil
}
