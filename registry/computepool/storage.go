// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/strategy"
	"spectrocloud.com/tenancy/registry/table"
)

// REST serves computepools.
type REST struct{ storage.Store }

var (
	_ rest.StandardStorage    = &REST{}
	_ rest.ShortNamesProvider = &REST{}
	_ rest.CategoriesProvider = &REST{}
)

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"cpool"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"tenancy"} }

// NewREST returns the stores of computepools and of computepools/status. Their writes must be guarded by decide, which decides
// their dry runs too. Tables show the place of those that wait.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, decide storage.Decide, place table.Place) (*REST, *storage.StatusStore, error) {
	rules := poolStrategy{strategy.New(scheme, "v1alpha1")}
	store := &genericregistry.Store{
		NewFunc:                   func() runtime.Object { return &spectrocloud.ComputePool{} },
		NewListFunc:               func() runtime.Object { return &spectrocloud.ComputePoolList{} },
		DefaultQualifiedResource:  spectrocloud.Resource("computepools"),
		SingularQualifiedResource: spectrocloud.Resource("computepool"),
		CreateStrategy:            rules,
		UpdateStrategy:            rules,
		DeleteStrategy:            rules,
		ResetFieldsStrategy:       rules,
		TableConvertor:            columns(place),
	}
	if err := store.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options,
		AttrFunc:    attributes,
		TriggerFunc: map[string]apistorage.IndexerFunc{spectrocloud.ConsumerPhaseField: phaseOf},
		Indexers:    &cache.Indexers{apistorage.FieldIndex(spectrocloud.ConsumerPhaseField): phaseIndex},
	}); err != nil {
		return nil, nil, fmt.Errorf("making the store of computepools: %w", err)
	}
	pools := &REST{storage.Store{Store: store, Decide: decide}}
	return pools, storage.NewStatusStore(&pools.Store, statusStrategy{rules}), nil
}
