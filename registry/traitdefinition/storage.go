// SPDX-License-Identifier: Apache-2.0

package traitdefinition

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of traitdefinitions.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.TraitDefinition{} },
		NewList:  func() runtime.Object { return &spectrocloud.TraitDefinitionList{} },
		Resource: "traitdefinitions", Singular: "traitdefinition", ShortNames: []string{"traitdef"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		RESTOptions: options,
	})
	return store, err
}
