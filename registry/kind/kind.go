// SPDX-License-Identifier: Apache-2.0

// Package kind makes the stores of a kind from what is particular about it. Each
// kind's own package calls it; it must not know a kind.
package kind

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"

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
	Decide      storage.Decide
	RESTOptions generic.RESTOptionsGetter
	// Fields are what its objects can be selected by, besides name and namespace. The watch cache has an index of each.
	Fields map[string]func(runtime.Object) string
	// Trigger is the one of Fields by which watches find what concerns them; empty for none.
	Trigger string
	// Inner is what only the server itself selects by.
	Inner Inner
}

// Inner are fields that no user can select by, and the indexes of them, which come before those of Fields.
type Inner struct {
	Fields   func(runtime.Object) fields.Set
	Indexers cache.Indexers
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

// attributes are what label and field selectors see of an object.
func (d *Definition) attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	metadata, err := meta.Accessor(obj)
	if err != nil {
		return nil, nil, err
	}
	set := fields.Set{"metadata.name": metadata.GetName()}
	if d.Strategy.NamespaceScoped() {
		set["metadata.namespace"] = metadata.GetNamespace()
	}
	for name, field := range d.Fields {
		set[name] = field(obj)
	}
	if d.Inner.Fields != nil {
		maps.Copy(set, d.Inner.Fields(obj))
	}
	return metadata.GetLabels(), set, nil
}

// indexers let the watch cache list what has one value of a field without reading all.
func (d *Definition) indexers() *cache.Indexers {
	indexers := maps.Clone(d.Inner.Indexers)
	if indexers == nil {
		indexers = cache.Indexers{}
	}
	for name, field := range d.Fields {
		indexers[apistorage.FieldIndex(name)] = func(obj any) ([]string, error) { return []string{field(obj.(runtime.Object))}, nil }
	}
	return &indexers
}

// predicate selects objects. The first field for which there is an index and a value is the one that is looked up.
func (d *Definition) predicate(label labels.Selector, field fields.Selector) apistorage.SelectionPredicate {
	var indexed []string
	for index := range d.Inner.Indexers {
		indexed = append(indexed, strings.TrimPrefix(index, apistorage.FieldIndex("")))
	}
	return apistorage.SelectionPredicate{Label: label, Field: field, GetAttrs: d.attributes,
		IndexFields: append(indexed, slices.Sorted(maps.Keys(d.Fields))...)}
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
		PredicateFunc:             d.predicate,
	}
	options := &generic.StoreOptions{RESTOptions: d.RESTOptions, AttrFunc: d.attributes, Indexers: d.indexers()}
	if d.Trigger != "" {
		options.TriggerFunc = map[string]apistorage.IndexerFunc{d.Trigger: d.Fields[d.Trigger]}
	}
	if err := store.CompleteWithOptions(options); err != nil {
		return nil, nil, fmt.Errorf("making the store of %s: %w", d.Resource, err)
	}
	main := &REST{storage.Store{Store: store, Decide: d.Decide}, d.ShortNames}
	if !d.Strategy.HasStatus() {
		return main, nil, nil
	}
	return main, storage.NewStatusStore(&main.Store, d.Strategy.ForStatus()), nil
}
