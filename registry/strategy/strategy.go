// SPDX-License-Identifier: Apache-2.0

// Package strategy is what the strategies of all kinds share: the answers that
// are the same for each, which a kind's own strategy embeds.
package strategy

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Base is the part of a strategy that no kind decides for itself. It runs the generated validation of the kind's wire type.
type Base struct {
	rest.DeclarativeValidation
	names.NameGenerator
	version fieldpath.APIVersion
}

// New returns the base of a kind that is stored and managed in version.
func New(scheme *runtime.Scheme, version string) Base {
	return Base{
		DeclarativeValidation: rest.DeclarativeValidation{Scheme: scheme},
		NameGenerator:         names.SimpleNameGenerator,
		version:               fieldpath.APIVersion(spectrocloud.GroupName + "/" + version),
	}
}

// Resets is a set of fields that a write leaves alone, by top-level name, so that server-side apply makes nobody their owner.
func (b Base) Resets(fields ...string) map[fieldpath.APIVersion]*fieldpath.Set {
	set := fieldpath.NewSet()
	for _, name := range fields {
		set.Insert(fieldpath.MakePathOrDie(name))
	}
	return map[fieldpath.APIVersion]*fieldpath.Set{b.version: set}
}

// WarningsOnCreate has nothing to warn of.
func (Base) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

// WarningsOnUpdate has nothing to warn of.
func (Base) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string { return nil }

// Canonicalize has nothing to normalize.
func (Base) Canonicalize(runtime.Object) {}

// AllowCreateOnUpdate is false: PUT of an object that isn't there is a 404.
func (Base) AllowCreateOnUpdate(context.Context) bool { return false }

// AllowUnconditionalUpdate lets a PUT without a resourceVersion overwrite, as built-in types do.
func (Base) AllowUnconditionalUpdate(context.Context) bool { return true }

// KeepFinalizer puts the controllers' finalizer on an object that is not being deleted. Set by the server, it can't be
// missed by a controller that is down, nor dropped by a user who replaces the object with their own YAML; once the
// object is being deleted, whoever may update it may remove it, so that it never sticks.
func KeepFinalizer(object *metav1.ObjectMeta) {
	if object.DeletionTimestamp == nil && !slices.Contains(object.Finalizers, spectrocloud.Finalizer) {
		object.Finalizers = append(object.Finalizers, spectrocloud.Finalizer)
	}
}
