// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// addValidationFuncs registers the generated validation of each kind's spec. The registration is written by hand because
// validation-gen refuses a root type whose status has a map of maps, as Tenant's gpuUsage is; status is written by
// controllers and validated in apis/spectrocloud/validation.
func addValidationFuncs(scheme *runtime.Scheme) error {
	scheme.AddValidationFunc(&Tenant{}, specValidation(func(t *Tenant) *TenantSpec { return &t.Spec }, Validate_TenantSpec))
	scheme.AddValidationFunc(&Project{}, specValidation(func(p *Project) *ProjectSpec { return &p.Spec }, Validate_ProjectSpec))
	scheme.AddValidationFunc(&ComputePool{}, specValidation(func(p *ComputePool) *ComputePoolSpec { return &p.Spec }, Validate_ComputePoolSpec))
	scheme.AddValidationFunc(&AIWorkload{}, specValidation(func(w *AIWorkload) *AIWorkloadSpec { return &w.Spec }, Validate_AIWorkloadSpec))
	return nil
}

// specValidation validates the spec of a T, on the main resource only: a status request can't change it.
func specValidation[T, Spec any](
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
