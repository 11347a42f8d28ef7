// SPDX-License-Identifier: Apache-2.0

package project

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
	"spectrocloud.com/tenancy/registry/visible"
)

// NewREST returns the stores of projects and of projects/status. Their writes must be guarded by decide, which decides
// their dry runs too. authorizer says who sees all Projects.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, namespaces validation.Namespaces, decide storage.Decide,
	authorizer authorizer.Authorizer) (*visible.Store, *visible.Status, error) {
	return visible.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.Project{} },
		NewList:  func() runtime.Object { return &spectrocloud.ProjectList{} },
		Resource: "projects", Singular: "project", ShortNames: []string{"prj"},
		Strategy:    newStrategy(scheme, namespaces),
		Columns:     columns,
		Decide:      decide,
		RESTOptions: options,
		Fields:      map[string]func(runtime.Object) string{spectrocloud.ProjectTenantField: tenantOf},
		Trigger:     spectrocloud.ProjectTenantField,
	}, groups, authorizer)
}
