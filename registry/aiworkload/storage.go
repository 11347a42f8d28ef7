// SPDX-License-Identifier: Apache-2.0

package aiworkload

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

// REST serves aiworkloads.
type REST struct{ storage.Store }

var (
	_ rest.StandardStorage    = &REST{}
	_ rest.ShortNamesProvider = &REST{}
	_ rest.CategoriesProvider = &REST{}
)

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"aiw"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"tenancy"} }

// NewREST returns the stores of aiworkloads and of aiworkloads/status. Their writes must be guarded by decide, which decides
// their dry runs too. Tables show the place of those that wait.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, decide storage.Decide, place table.Place) (*REST, *storage.StatusStore, error) {
	rules := workloadStrategy{strategy.New(scheme, "v1alpha1")}
	store := &genericregistry.Store{
		NewFunc:                   func() runtime.Object { return &spectrocloud.AIWorkload{} },
		NewListFunc:               func() runtime.Object { return &spectrocloud.AIWorkloadList{} },
		DefaultQualifiedResource:  spectrocloud.Resource("aiworkloads"),
		SingularQualifiedResource: spectrocloud.Resource("aiworkload"),
		CreateStrategy:            rules,
		UpdateStrategy:            rules,
		DeleteStrategy:            rules,
		ResetFieldsStrategy:       rules,
		TableConvertor:            columns(place),
	}
	if err := store.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options,
		AttrFunc:    attributes,
		TriggerFunc: map[string]apistorage.IndexerFunc{spectrocloud.WorkloadPoolField: poolOf},
		Indexers: &cache.Indexers{
			apistorage.FieldIndex(spectrocloud.WorkloadPoolField):  index(pool),
			apistorage.FieldIndex(spectrocloud.ConsumerPhaseField): index(phase),
		},
	}); err != nil {
		return nil, nil, fmt.Errorf("making the store of aiworkloads: %w", err)
	}
	workloads := &REST{storage.Store{Store: store, Decide: decide}}
	return workloads, storage.NewStatusStore(&workloads.Store, statusStrategy{rules}), nil
}
