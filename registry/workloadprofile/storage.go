// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"

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
		Strategy: newStrategy(scheme),
		Columns:  columns,
		Decide:   revisions.Decide,
		Options: generic.StoreOptions{
			RESTOptions: backend.RESTOptions(options, revisions.Decide),
			AttrFunc:    attributes,
			Indexers:    &cache.Indexers{apistorage.FieldIndex(spectrocloud.ProfileLineageField): lineageIndex},
		},
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

// lineageIndex lets the watch cache list one lineage without reading all.
func lineageIndex(obj any) ([]string, error) {
	profile, ok := obj.(*spectrocloud.WorkloadProfile)
	if !ok {
		return nil, fmt.Errorf("%T is not a WorkloadProfile", obj)
	}
	return []string{profile.Status.Lineage}, nil
}

// attributes are what label and field selectors see of a WorkloadProfile.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	profile, ok := obj.(*spectrocloud.WorkloadProfile)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a WorkloadProfile", obj)
	}
	return profile.Labels, generic.AddObjectMetaFieldsSet(
		fields.Set{spectrocloud.ProfileLineageField: profile.Status.Lineage}, &profile.ObjectMeta, true), nil
}
