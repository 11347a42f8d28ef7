// SPDX-License-Identifier: Apache-2.0

package profilebundle

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of profilebundles.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, namespaces validation.Namespaces) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.ProfileBundle{} },
		NewList:  func() runtime.Object { return &spectrocloud.ProfileBundleList{} },
		Resource: "profilebundles", Singular: "profilebundle", ShortNames: []string{"pbundle"},
		Strategy:    newStrategy(scheme, namespaces),
		Columns:     columns,
		RESTOptions: options,
	})
	return store, err
}
