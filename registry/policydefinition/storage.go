// SPDX-License-Identifier: Apache-2.0

package policydefinition

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of policydefinitions.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.PolicyDefinition{} },
		NewList:  func() runtime.Object { return &spectrocloud.PolicyDefinitionList{} },
		Resource: "policydefinitions", Singular: "policydefinition", ShortNames: []string{"poldef"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		RESTOptions: options,
	})
	return store, err
}
