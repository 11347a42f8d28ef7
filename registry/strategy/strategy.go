// SPDX-License-Identifier: Apache-2.0

// Package strategy is what a create or an update may do to an object of any kind.
// A kind gives its Rules; all else is the same for each. It must not know a kind.
package strategy

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/operation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

// Strategy is what a create or an update of an object may do. It runs the generated validation of the wire type, too.
type Strategy struct {
	rest.DeclarativeValidation
	names.NameGenerator
	version               string
	namespaced, finalized bool
	rules                 particulars
}

// New returns the strategy of a kind.
func New[T, S, U any](scheme *runtime.Scheme, rules Rules[T, S, U]) Strategy {
	return Strategy{rest.DeclarativeValidation{Scheme: scheme}, names.SimpleNameGenerator, rules.Version, rules.Namespaced, rules.Finalized, rules}
}

// NamespaceScoped implements rest.RESTCreateStrategy.
func (s Strategy) NamespaceScoped() bool { return s.namespaced }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s Strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	if !s.HasStatus() {
		return nil
	}
	return s.resets(fieldpath.MakePathOrDie("status"))
}

// resets is a set of fields that a write leaves alone, so that server-side apply makes nobody their owner.
func (s Strategy) resets(paths ...fieldpath.Path) map[fieldpath.APIVersion]*fieldpath.Set {
	return map[fieldpath.APIVersion]*fieldpath.Set{
		fieldpath.APIVersion(spectrocloud.GroupName + "/" + s.version): fieldpath.NewSet(paths...),
	}
}

// PrepareForCreate drops the status, which is not the user's to write.
func (s Strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	s.rules.create(obj)
	metadata := obj.(metav1.Object)
	metadata.SetGeneration(1)
	s.keepFinalizer(metadata)
}

// PrepareForUpdate keeps the status and counts changes of the spec.
func (s Strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	metadata := obj.(metav1.Object)
	if s.rules.update(obj, old) {
		metadata.SetGeneration(old.(metav1.Object).GetGeneration() + 1)
	}
	s.keepFinalizer(metadata)
}

// keepFinalizer puts the controllers' finalizer on an object that is not being deleted. Set by the server, it can't be
// missed by a controller that is down, nor dropped by a user who replaces the object with their own YAML; once the
// object is being deleted, whoever may update it may remove it, so that it never sticks.
func (s Strategy) keepFinalizer(metadata metav1.Object) {
	finalizers := metadata.GetFinalizers()
	if s.finalized && metadata.GetDeletionTimestamp() == nil && !slices.Contains(finalizers, spectrocloud.Finalizer) {
		metadata.SetFinalizers(append(finalizers, spectrocloud.Finalizer))
	}
}

// Validate implements rest.RESTCreateStrategy.
func (s Strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return append(validateMetadata(obj, nil), s.rules.validate(obj)...)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (s Strategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return append(validateMetadata(obj, old), s.rules.validateUpdate(obj, old)...)
}

// ValidateDeclaratively implements rest.DeclarativeValidationStrategy. All errors of a write pass here, the first ones included.
func (s Strategy) ValidateDeclaratively(ctx context.Context, obj, old runtime.Object, errs field.ErrorList, op operation.Type,
	config rest.DeclarativeValidationConfig) field.ErrorList {
	return validation.Shorten(s.DeclarativeValidation.ValidateDeclaratively(ctx, obj, old, errs, op, config))
}

// WarningsOnCreate has nothing to warn of.
func (Strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

// WarningsOnUpdate has nothing to warn of.
func (Strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

// Canonicalize has nothing to do: Rules normalize before they validate.
func (Strategy) Canonicalize(runtime.Object) {}

// AllowCreateOnUpdate is false: PUT of an object that isn't there is a 404.
func (Strategy) AllowCreateOnUpdate(context.Context) bool { return false }

// AllowUnconditionalUpdate lets a PUT without a resourceVersion overwrite, as built-in types do.
func (Strategy) AllowUnconditionalUpdate(context.Context) bool { return true }
