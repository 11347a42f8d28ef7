// SPDX-License-Identifier: Apache-2.0

package kind_test

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/kind"
	"spectrocloud.com/tenancy/registry/strategy"
	"spectrocloud.com/tenancy/registry/table"
)

// refuses lets no object by the name "refused" be written.
func refuses(_ context.Context, _, updated runtime.Object) (*storage.Transaction, error) {
	if object, ok := updated.(metav1.Object); ok && object.GetName() == "refused" {
		return nil, apierrors.NewForbidden(spectrocloud.Resource("scalingpolicies"), "refused", nil)
	}
	return nil, nil
}

// definition is of ScalingPolicies, with or without their status.
func definition[U any](restOptions generic.RESTOptionsGetter, status func(*spectrocloud.ScalingPolicy) *U) kind.Definition {
	type P = spectrocloud.ScalingPolicy
	return kind.Definition{
		New:      func() runtime.Object { return &P{} },
		NewList:  func() runtime.Object { return &spectrocloud.ScalingPolicyList{} },
		Resource: "scalingpolicies", Singular: "scalingpolicy", ShortNames: []string{"scpol"},
		Strategy: strategy.New(apiserver.Scheme, strategy.Rules[P, spectrocloud.ScalingPolicySpec, U]{
			Version: "v1alpha1", Namespaced: true,
			Spec:                 func(p *P) *spectrocloud.ScalingPolicySpec { return &p.Spec },
			Status:               status,
			Validate:             func(*P) field.ErrorList { return nil },
			ValidateUpdate:       func(_, _ *P) field.ErrorList { return nil },
			ValidateStatusUpdate: func(_, _ *P) field.ErrorList { return nil },
		}),
		Columns: table.New[P](),
		Decide:  refuses,
		Fields: map[string]func(runtime.Object) string{
			"spec.displayName": func(obj runtime.Object) string { return obj.(*P).Spec.DisplayName },
		},
		Trigger:     "spec.displayName",
		RESTOptions: restOptions,
	}
}

// onEtcd are the options of a store on an etcd of its own.
func onEtcd(t *testing.T) generic.RESTOptionsGetter {
	t.Helper()
	embedded, err := storage.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, embedded.Close()) })
	etcd := options.NewEtcdOptions(storagebackend.NewDefaultConfig("/tenancy", apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)))
	etcd.StorageConfig.Transport.ServerList = []string{embedded.Endpoint}
	factory := serverstorage.NewDefaultStorageFactory(etcd.StorageConfig, "", apiserver.Codecs, apiserver.EncodingConfig(), serverstorage.NewResourceConfig(), nil)
	backend, err := storage.NewBackend(etcd.StorageConfig)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	return backend.RESTOptions(&options.StorageFactoryRestOptionsFactory{Options: *etcd, StorageFactory: factory}, refuses)
}

func TestAKindIsServedAsItIsDefined(t *testing.T) {
	store, status, err := kind.New(definition(onEtcd(t), func(p *spectrocloud.ScalingPolicy) *spectrocloud.ScalingPolicyStatus { return &p.Status }))
	require.NoError(t, err)
	t.Cleanup(store.Destroy)
	assert.Equal(t, []string{"scpol"}, store.ShortNames())
	assert.Equal(t, []string{"tenancy"}, store.Categories())
	assert.Equal(t, "scalingpolicy", store.GetSingularName())
	assert.True(t, store.NamespaceScoped())
	assert.IsType(t, &spectrocloud.ScalingPolicy{}, store.New())
	assert.IsType(t, &spectrocloud.ScalingPolicyList{}, store.NewList())

	ctx := request.WithRequestInfo(request.WithNamespace(t.Context(), "web"), &request.RequestInfo{
		IsResourceRequest: true, APIGroup: "spectrocloud.com", APIVersion: "v1alpha1", Resource: "scalingpolicies", Namespace: "web"})
	policy := func(name string) *spectrocloud.ScalingPolicy {
		return &spectrocloud.ScalingPolicy{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "web"}, Spec: spectrocloud.ScalingPolicySpec{
			CPU:              &spectrocloud.ScalingTrigger{ScaleUpThreshold: new(int32(80)), ScaleDownThreshold: new(int32(20)), ScaleUpDuration: "5m", ScaleDownDuration: "10m"},
			CooldownDuration: "15m", AbortDuration: "30m"}}
	}
	for _, dryRun := range [][]string{nil, {metav1.DryRunAll}} {
		_, err = store.Create(ctx, policy("refused"), registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
		assert.True(t, apierrors.IsForbidden(err), "%v", err)
	}
	created, err := store.Create(ctx, policy("busy"), registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)

	// Each of the two stores changes what is its own.
	changed := created.DeepCopyObject().(*spectrocloud.ScalingPolicy)
	changed.Spec.DisplayName, changed.Status.ObservedGeneration = "Busy", 7
	write := func(to registryrest.Updater) *spectrocloud.ScalingPolicy {
		obj, _, err := to.Update(ctx, "busy", registryrest.DefaultUpdatedObjectInfo(nil, func(context.Context, runtime.Object, runtime.Object) (runtime.Object, error) {
			obj := changed.DeepCopy()
			obj.ResourceVersion = ""
			return obj, nil
		}), registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{})
		require.NoError(t, err)
		return obj.(*spectrocloud.ScalingPolicy)
	}
	reported := write(status)
	assert.Equal(t, int64(7), reported.Status.ObservedGeneration)
	assert.Empty(t, reported.Spec.DisplayName)
	changed.Status.ObservedGeneration = 8
	renamed := write(store)
	assert.Equal(t, int64(7), renamed.Status.ObservedGeneration)
	assert.Equal(t, "Busy", renamed.Spec.DisplayName)
}

func TestObjectsAreSelectedByTheirFieldsAndLookedUpByThem(t *testing.T) {
	store, _, err := kind.New(definition[strategy.None](onEtcd(t), nil))
	require.NoError(t, err)
	t.Cleanup(store.Destroy)
	policy := &spectrocloud.ScalingPolicy{ObjectMeta: metav1.ObjectMeta{Name: "busy", Namespace: "web", Labels: map[string]string{"a": "b"}},
		Spec: spectrocloud.ScalingPolicySpec{DisplayName: "Busy"}}
	for selector, selected := range map[string]bool{
		"spec.displayName=Busy": true, "spec.displayName=Idle": false, "metadata.name=busy,metadata.namespace=web": true, "metadata.namespace=other": false,
	} {
		field := fields.ParseSelectorOrDie(selector)
		predicate := store.PredicateFunc(labels.SelectorFromSet(labels.Set{"a": "b"}), field)
		matches, err := predicate.Matches(policy)
		require.NoError(t, err)
		assert.Equal(t, selected, matches, selector)
	}
	predicate := store.PredicateFunc(labels.Everything(), fields.OneTermEqualSelector("spec.displayName", "Busy"))
	assert.Equal(t, []apistorage.MatchValue{{IndexName: apistorage.FieldIndex("spec.displayName"), Value: "Busy"}}, predicate.MatcherIndex(t.Context()))
}

func TestAKindWithoutStatusHasNoStoreOfIt(t *testing.T) {
	store, status, err := kind.New(definition[strategy.None](onEtcd(t), nil))
	require.NoError(t, err)
	store.Destroy()
	assert.Nil(t, status)
}

func TestAStoreThatCantBeMadeSaysWhose(t *testing.T) {
	_, _, err := kind.New(definition[strategy.None](nil, nil))
	assert.ErrorContains(t, err, "making the store of scalingpolicies: ")
}
