// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of settings, whose writes must be guarded by decide.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, decide storage.Decide) (*kind.REST, error) {
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.Settings{} },
		NewList:  func() runtime.Object { return &spectrocloud.SettingsList{} },
		Resource: "settings", Singular: "settings",
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		Decide:      decide,
		RESTOptions: options,
	})
	return store, err
}
