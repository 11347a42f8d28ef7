// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
	"spectrocloud.com/tenancy/registry/table"
)

// NewREST returns the stores of computepools and of computepools/status. Their writes must be guarded by decide, which decides
// their dry runs too. Tables show the place of those that wait.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter, decide storage.Decide, place table.Place) (*kind.REST, *storage.StatusStore, error) {
	return kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.ComputePool{} },
		NewList:  func() runtime.Object { return &spectrocloud.ComputePoolList{} },
		Resource: "computepools", Singular: "computepool", ShortNames: []string{"cpool"},
		Strategy:    newStrategy(scheme),
		Columns:     columns(place),
		Decide:      decide,
		RESTOptions: options,
		Fields:      map[string]func(runtime.Object) string{spectrocloud.ConsumerPhaseField: phaseOf},
		Trigger:     spectrocloud.ConsumerPhaseField,
	})
}
