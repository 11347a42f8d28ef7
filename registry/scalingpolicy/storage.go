// SPDX-License-Identifier: Apache-2.0

package scalingpolicy

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the stores of scalingpolicies and of scalingpolicies/status.
func NewREST(scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*kind.REST, *storage.StatusStore, error) {
	return kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.ScalingPolicy{} },
		NewList:  func() runtime.Object { return &spectrocloud.ScalingPolicyList{} },
		Resource: "scalingpolicies", Singular: "scalingpolicy", ShortNames: []string{"scpol"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		RESTOptions: options,
	})
}
