// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// SpecValidation validates the spec of a T, on the main resource only: a status request can't change it.
func SpecValidation[T, Spec any](
	spec func(*T) *Spec,
	validate func(ctx context.Context, op operation.Operation, path *field.Path, obj, old *Spec) field.ErrorList,
) func(context.Context, operation.Operation, any, any) field.ErrorList {
	return func(ctx context.Context, op operation.Operation, obj, old any) field.ErrorList {
		if slices.Contains(op.Request.Subresources, "status") {
			return nil
		}
		var oldSpec *Spec
		if o, ok := old.(*T); ok && o != nil {
			oldSpec = spec(o)
		}
		return validate(ctx, op, field.NewPath("spec"), spec(obj.(*T)), oldSpec)
	}
}

// AddFieldLabels admits selection of the objects of a version by the given fields, per kind; selection by any other is
// refused with a 400 that names it. Kinds that are not given have only the two of their metadata, as all kinds have by
// default.
func AddFieldLabels(scheme *runtime.Scheme, version schema.GroupVersion, selectable map[string][]string) error {
	for kind, fields := range selectable {
		if err := scheme.AddFieldLabelConversionFunc(version.WithKind(kind), func(label, value string) (string, string, error) {
			if slices.Contains(fields, label) {
				return label, value, nil
			}
			return "", "", fmt.Errorf("field label %q is not supported for %s: use %s", label, kind, strings.Join(fields, ", "))
		}); err != nil {
			return err
		}
	}
	return nil
}
