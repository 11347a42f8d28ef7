// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/visible"
)

// REST serves projects.
type REST struct{ *visible.Store }

var (
	_ rest.StandardStorage    = &REST{}
	_ rest.ShortNamesProvider = &REST{}
	_ rest.CategoriesProvider = &REST{}
)

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"prj"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"tenancy"} }

// NewREST returns the stores of projects and of projects/status. Their writes must be guarded by decide, which decides
// their dry runs too. authorizer says who sees all Projects.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, namespaces validation.Namespaces, decide storage.Decide,
	authorizer authorizer.Authorizer) (*REST, *visible.Status, error) {
	rules := newStrategy(scheme, namespaces)
	store := &genericregistry.Store{
		PredicateFunc:             predicate,
		NewFunc:                   func() runtime.Object { return &spectrocloud.Project{} },
		NewListFunc:               func() runtime.Object { return &spectrocloud.ProjectList{} },
		DefaultQualifiedResource:  spectrocloud.Resource("projects"),
		SingularQualifiedResource: spectrocloud.Resource("project"),
		CreateStrategy:            rules,
		UpdateStrategy:            rules,
		DeleteStrategy:            rules,
		ResetFieldsStrategy:       rules,
		TableConvertor:            columns,
	}
	if err := store.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options,
		AttrFunc:    attributes,
		TriggerFunc: map[string]apistorage.IndexerFunc{spectrocloud.ProjectTenantField: tenantOf},
		Indexers: &cache.Indexers{
			apistorage.FieldIndex(spectrocloud.ProjectTenantField): tenantIndex,
			visible.Index: visible.Groups(groups).IndexFunc(),
		},
	}); err != nil {
		return nil, nil, fmt.Errorf("making the store of projects: %w", err)
	}
	projects := visible.New(storage.Store{Store: store, Decide: decide}, groups, authorizer)
	return &REST{projects}, projects.Status(storage.NewStatusStore(&projects.Store, rules.ForStatus())), nil
}
