// SPDX-License-Identifier: Apache-2.0

package componentdefinition

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of componentdefinitions.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.ComponentDefinition{} },
		NewList:  func() runtime.Object { return &spectrocloud.ComponentDefinitionList{} },
		Resource: "componentdefinitions", Singular: "componentdefinition", ShortNames: []string{"compdef"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		RESTOptions: options,
	})
	return store, err
}
