// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
)

// NewREST returns the store of workloadprofiles, which numbers revisions with records on backend, under prefix.
func NewREST(scheme *runtime.Scheme, backend *storage.Backend, options generic.RESTOptionsGetter, prefix string) (*kind.REST, error) {
	revisions := &Revisions{kv: backend.KV(), prefix: prefix}
	store, _, err := kind.New(kind.Definition{
		New:      func() runtime.Object { return &spectrocloud.WorkloadProfile{} },
		NewList:  func() runtime.Object { return &spectrocloud.WorkloadProfileList{} },
		Resource: "workloadprofiles", Singular: "workloadprofile", ShortNames: []string{"wprofile"},
		Strategy:    newStrategy(scheme),
		Columns:     columns,
		Decide:      revisions.Decide,
		RESTOptions: backend.RESTOptions(options, revisions.Decide),
		Fields:      map[string]func(runtime.Object) string{spectrocloud.ProfileLineageField: lineageOf},
	})
	if err != nil {
		return nil, err
	}
	revisions.get = func(ctx context.Context, namespace, name string) (*spectrocloud.WorkloadProfile, error) {
		obj, err := store.Get(apirequest.WithNamespace(ctx, namespace), name, &metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return obj.(*spectrocloud.WorkloadProfile), nil
	}
	return store, nil
}

func lineageOf(obj runtime.Object) string { return obj.(*spectrocloud.WorkloadProfile).Status.Lineage }
