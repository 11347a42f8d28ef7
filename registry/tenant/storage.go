// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/visible"
)

// REST serves tenants.
type REST struct{ *visible.Store }

var (
	_ rest.StandardStorage    = &REST{}
	_ rest.ShortNamesProvider = &REST{}
	_ rest.CategoriesProvider = &REST{}
)

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"tnt"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"tenancy"} }

// NewREST returns the stores of tenants and of tenants/status. Their writes must be guarded by decide, which decides
// their dry runs too. authorizer says who sees all Tenants.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, namespaces validation.Namespaces, decide storage.Decide,
	authorizer authorizer.Authorizer) (*REST, *visible.Status, error) {
	rules := newStrategy(scheme, namespaces)
	store := &genericregistry.Store{
		NewFunc:                   func() runtime.Object { return &spectrocloud.Tenant{} },
		NewListFunc:               func() runtime.Object { return &spectrocloud.TenantList{} },
		DefaultQualifiedResource:  spectrocloud.Resource("tenants"),
		SingularQualifiedResource: spectrocloud.Resource("tenant"),
		CreateStrategy:            rules,
		UpdateStrategy:            rules,
		DeleteStrategy:            rules,
		ResetFieldsStrategy:       rules,
		TableConvertor:            columns,
	}
	if err := store.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options,
		AttrFunc:    attributes,
		Indexers:    &cache.Indexers{visible.Index: visible.Groups(groups).IndexFunc()},
	}); err != nil {
		return nil, nil, fmt.Errorf("making the store of tenants: %w", err)
	}
	tenants := visible.New(storage.Store{Store: store, Decide: decide}, groups, authorizer)
	return &REST{tenants}, tenants.Status(storage.NewStatusStore(&tenants.Store, rules.ForStatus())), nil
}
