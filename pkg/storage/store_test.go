// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// podStrategy lets everything pass.
type podStrategy struct {
	runtime.ObjectTyper
	names.NameGenerator
}

func (podStrategy) NamespaceScoped() bool                                                 { return true }
func (podStrategy) PrepareForCreate(context.Context, runtime.Object)                      {}
func (podStrategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object)      {}
func (podStrategy) Validate(context.Context, runtime.Object) field.ErrorList              { return nil }
func (podStrategy) WarningsOnCreate(context.Context, runtime.Object) []string             { return nil }
func (podStrategy) Canonicalize(runtime.Object)                                           {}
func (podStrategy) AllowCreateOnUpdate(context.Context) bool                              { return false }
func (podStrategy) AllowUnconditionalUpdate(context.Context) bool                         { return true }
func (podStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set               { return nil }
func (podStrategy) WarningsOnUpdate(_ context.Context, _, _ runtime.Object) []string      { return nil }
func (podStrategy) ValidateUpdate(_ context.Context, _, _ runtime.Object) field.ErrorList { return nil }

// getter is the options of a resource as the generic server would have them.
type getter struct{ config storagebackend.Config }

func (g getter) GetRESTOptions(resource schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	return generic.RESTOptions{StorageConfig: g.config.ForResource(resource), ResourcePrefix: resource.Resource, DeleteCollectionWorkers: 1}, nil
}

// newStore is a Store of Pods and its status, on a backend of their own.
func newStore(t *testing.T, decide Decide) (*Store, *StatusStore, *fixture) {
	t.Helper()
	s := newFixture(t, options{})
	config := storagebackend.NewDefaultConfig("/test", s.codec)
	config.Transport.ServerList = s.client.Endpoints()
	config.CompactionInterval = 0
	backend, err := NewBackend(*config)
	require.NoError(t, err)
	store := &genericregistry.Store{
		NewFunc:                   newPod,
		NewListFunc:               newPodList,
		DefaultQualifiedResource:  pods,
		SingularQualifiedResource: schema.GroupResource{Resource: "pod"},
		CreateStrategy:            podStrategy{scheme, names.SimpleNameGenerator},
		UpdateStrategy:            podStrategy{scheme, names.SimpleNameGenerator},
		DeleteStrategy:            podStrategy{scheme, names.SimpleNameGenerator},
		TableConvertor:            rest.NewDefaultTableConvertor(pods),
	}
	require.NoError(t, store.CompleteWithOptions(&generic.StoreOptions{RESTOptions: backend.RESTOptions(getter{*config}, decide)}))
	t.Cleanup(func() {
		store.Destroy()
		assert.NoError(t, backend.Close())
	})
	registry := &Store{Store: store, Decide: decide}
	return registry, NewStatusStore(registry, podStrategy{scheme, names.SimpleNameGenerator}), s
}

// requests are what clients may ask of a Store that holds the Pod old, with or without a dry run.
func requests(store *Store, status *StatusStore) map[string]func(ctx context.Context, dryRun []string) error {
	labelled := func(name string) rest.UpdatedObjectInfo {
		return rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
			updated := old.DeepCopyObject().(*example.Pod)
			updated.Namespace, updated.Name = "ns", name
			updated.Labels = map[string]string{"updated": "true"}
			return updated, nil
		})
	}
	return map[string]func(ctx context.Context, dryRun []string) error{
		"create": func(ctx context.Context, dryRun []string) error {
			_, err := store.Create(ctx, pod("new"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
			return err
		},
		"update": func(ctx context.Context, dryRun []string) error {
			_, _, err := store.Update(ctx, "old", labelled("old"), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false,
				&metav1.UpdateOptions{DryRun: dryRun})
			return err
		},
		"update of the status": func(ctx context.Context, dryRun []string) error {
			_, _, err := status.Update(ctx, "old", labelled("old"), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false,
				&metav1.UpdateOptions{DryRun: dryRun})
			return err
		},
		"create through apply": func(ctx context.Context, dryRun []string) error {
			_, _, err := store.Update(ctx, "new", labelled("new"), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, true,
				&metav1.UpdateOptions{DryRun: dryRun})
			return err
		},
		"delete": func(ctx context.Context, dryRun []string) error {
			_, _, err := store.Delete(ctx, "old", rest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: dryRun})
			return err
		},
		"delete collection": func(ctx context.Context, dryRun []string) error {
			_, err := store.DeleteCollection(ctx, rest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: dryRun}, nil)
			return err
		},
	}
}

func TestADryRunIsDecidedLikeTheWriteAndLeavesEtcdAlone(t *testing.T) {
	dryRun := []string{metav1.DryRunAll}
	refusal := errors.New("because the test says so")
	var refuse bool
	var decisions int
	decide := func(_ context.Context, old, updated runtime.Object) (*Transaction, error) {
		decisions++
		if refuse {
			return nil, apierrors.NewForbidden(pods, "x", refusal)
		}
		return &Transaction{Then: []clientv3.Op{clientv3.OpPut(sideKey, "written")}}, nil
	}
	for name := range requests(nil, nil) {
		t.Run(name, func(t *testing.T) {
			store, status, s := newStore(t, decide)
			ctx := request.WithNamespace(t.Context(), "ns")
			refuse = false
			_, err := store.Create(ctx, pod("old"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
			require.NoError(t, err)
			ask := requests(store, status)[name]
			before := revision(t, s)

			decisions = 0
			require.NoError(t, ask(ctx, dryRun))
			assert.NotZero(t, decisions, "the dry run was not decided")
			refuse = true
			dry, real := ask(ctx, dryRun), ask(ctx, nil)
			assert.True(t, apierrors.IsForbidden(dry), "%v", dry)
			assert.Equal(t, real, dry)
			assert.Equal(t, before, revision(t, s), "a dry run or a refused write left something")

			refuse = false
			require.NoError(t, ask(ctx, nil))
			assert.Equal(t, before+1, revision(t, s))
		})
	}
}

func TestADryRunIsRefusedForWantOfSpaceLikeTheWrite(t *testing.T) {
	for name := range requests(nil, nil) {
		t.Run(name, func(t *testing.T) {
			store, status, _ := newStore(t, nil)
			ctx := request.WithNamespace(t.Context(), "ns")
			_, err := store.Create(ctx, pod("old"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
			require.NoError(t, err)
			store.Storage.Storage.(backed).space.fullest.Store(&Space{Size: 96, InUse: 96, Quota: 100})
			ask := requests(store, status)[name]
			dry, real := ask(ctx, []string{metav1.DryRunAll}), ask(ctx, nil)
			assert.Equal(t, real, dry)
			if strings.HasPrefix(name, "create") {
				assertInsufficientStorage(t, dry, "nothing can be created now: 96% of etcd's quota")
			} else {
				assert.NoError(t, dry)
			}
		})
	}
}

func TestADryRunOfATakenNameAnswersSo(t *testing.T) {
	store, _, s := newStore(t, func(context.Context, runtime.Object, runtime.Object) (*Transaction, error) { return nil, nil })
	ctx := request.WithNamespace(t.Context(), "ns")
	for _, dryRun := range [][]string{nil, {metav1.DryRunAll}} {
		_, err := store.Create(ctx, pod("taken"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: dryRun})
		assert.Equal(t, dryRun != nil, apierrors.IsAlreadyExists(err), "%v", err)
	}
	assert.Greater(t, revision(t, s), int64(1))
}

// Validation by admission comes first, so that a decision is asked of valid objects only.
func TestADryRunThatAdmissionRefusesIsNotDecided(t *testing.T) {
	var decisions int
	store, status, _ := newStore(t, func(context.Context, runtime.Object, runtime.Object) (*Transaction, error) {
		decisions++
		return nil, nil
	})
	ctx, refusal := request.WithNamespace(t.Context(), "ns"), errors.New("admission says no")
	_, err := store.Create(ctx, pod("old"), rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	require.NoError(t, err)
	decisions = 0
	no := func(context.Context, runtime.Object) error { return refusal }
	noUpdate := func(context.Context, runtime.Object, runtime.Object) error { return refusal }
	dryRun := []string{metav1.DryRunAll}
	info := rest.DefaultUpdatedObjectInfo(pod("old"))
	_, err = store.Create(ctx, pod("new"), no, &metav1.CreateOptions{DryRun: dryRun})
	assert.ErrorIs(t, err, refusal)
	_, _, err = store.Update(ctx, "old", info, no, noUpdate, false, &metav1.UpdateOptions{DryRun: dryRun})
	assert.ErrorIs(t, err, refusal)
	_, _, err = store.Delete(ctx, "old", no, &metav1.DeleteOptions{DryRun: dryRun})
	assert.ErrorIs(t, err, refusal)
	assert.Zero(t, decisions)

	_, created, err := status.Update(ctx, "missing", rest.DefaultUpdatedObjectInfo(pod("missing")), rest.ValidateAllObjectFunc,
		rest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
	assert.True(t, apierrors.IsNotFound(err), "a status never creates its object: %v", err)
	assert.False(t, created)
}
