// SPDX-License-Identifier: Apache-2.0

package variableset

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of variablesets.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.VariableSet{} },
		NewList:  func() runtime.Object { return &spectrocloud.VariableSetList{} },
		Resource: "variablesets", Singular: "variableset", ShortNames: []string{"vars"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		RESTOptions: options,
	})
	return store, err
}
