// SPDX-License-Identifier: Apache-2.0

package strategy

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Status is what an update of an object's status may do.
type Status struct{ Strategy }

// HasStatus tells whether the kind has a status.
func (s Strategy) HasStatus() bool { return s.rules.hasStatus() }

// ForStatus returns the strategy of the kind's status subresource. The kind must have a status.
func (s Strategy) ForStatus() Status { return Status{s} }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s Status) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.resets(append([]fieldpath.Path{fieldpath.MakePathOrDie("spec"), fieldpath.MakePathOrDie("metadata")}, s.rules.kept()...)...)
}

// PrepareForUpdate keeps everything but the status, and of that what the rules say.
func (s Status) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	metav1.ResetObjectMetaForStatus(obj.(metav1.Object), old.(metav1.Object))
	s.rules.updateStatus(obj, old)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (s Status) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return s.rules.validateStatusUpdate(obj, old)
}
