// SPDX-License-Identifier: Apache-2.0

package strategy

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// None is the status of a kind that has none.
type None struct{}

// Rules are what is particular about a kind T, whose spec is an S and whose status is a U.
type Rules[T, S, U any] struct {
	// Version is the one that the kind is served and stored in.
	Version    string
	Namespaced bool
	// Finalized objects carry the controllers' finalizer while they live.
	Finalized bool

	Spec func(*T) *S
	// Status is nil for a kind that has none.
	Status func(*T) *U
	// Normalize gives a spec that can be written in several ways the one that is stored and compared; nil for nothing.
	Normalize func(*S)
	// KeepInStatus undoes what an update of the status may not change, and Kept says which fields that is; nil for nothing.
	KeepInStatus func(status, old *U)
	Kept         []fieldpath.Path

	Validate       func(*T) field.ErrorList
	ValidateUpdate func(updated, old *T) field.ErrorList
	// ValidateStatusUpdate is nil for a kind whose status is not written through the API.
	ValidateStatusUpdate func(updated, old *T) field.ErrorList
}

// particulars are the Rules of any kind. A store hands its strategy objects of its own kind only.
type particulars interface {
	hasStatus() bool
	kept() []fieldpath.Path
	create(obj runtime.Object)
	// update says whether the spec changes.
	update(obj, old runtime.Object) bool
	updateStatus(obj, old runtime.Object)
	validate(obj runtime.Object) field.ErrorList
	validateUpdate(obj, old runtime.Object) field.ErrorList
	validateStatusUpdate(obj, old runtime.Object) field.ErrorList
}

func as[T any](obj runtime.Object) *T { return any(obj).(*T) }

func (r Rules[T, S, U]) hasStatus() bool { return r.Status != nil }

func (r Rules[T, S, U]) kept() []fieldpath.Path { return r.Kept }

func (r Rules[T, S, U]) create(obj runtime.Object) {
	created := as[T](obj)
	if r.Status != nil {
		*r.Status(created) = *new(U)
	}
	r.normalize(created)
}

func (r Rules[T, S, U]) update(obj, old runtime.Object) bool {
	updated, before := as[T](obj), as[T](old)
	if r.Status != nil {
		// A copy: what decides on the write puts its verdict into the new status, and must not find the old one in it.
		*r.Status(updated) = *r.Status(as[T](old.DeepCopyObject()))
	}
	r.normalize(updated)
	return !equality.Semantic.DeepEqual(r.Spec(updated), r.Spec(before))
}

func (r Rules[T, S, U]) updateStatus(obj, old runtime.Object) {
	updated, before := as[T](obj), as[T](old)
	*r.Spec(updated) = *r.Spec(before)
	if r.KeepInStatus != nil {
		r.KeepInStatus(r.Status(updated), r.Status(before))
	}
}

func (r Rules[T, S, U]) normalize(object *T) {
	if r.Normalize != nil {
		r.Normalize(r.Spec(object))
	}
}

func (r Rules[T, S, U]) validate(obj runtime.Object) field.ErrorList { return r.Validate(as[T](obj)) }

func (r Rules[T, S, U]) validateUpdate(obj, old runtime.Object) field.ErrorList {
	return r.ValidateUpdate(as[T](obj), as[T](old))
}

func (r Rules[T, S, U]) validateStatusUpdate(obj, old runtime.Object) field.ErrorList {
	return r.ValidateStatusUpdate(as[T](obj), as[T](old))
}
