// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// poolStrategy is what a create or an update of a ComputePool may do.
type poolStrategy struct{ strategy.Base }

// NamespaceScoped is true: a ComputePool lives in its Project's namespace.
func (poolStrategy) NamespaceScoped() bool { return true }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s poolStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("status")
}

// PrepareForCreate drops the status, which is the ledger's to decide.
func (poolStrategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	pool := obj.(*spectrocloud.ComputePool)
	pool.Status = spectrocloud.ConsumerStatus{}
	pool.Generation = 1
}

// PrepareForUpdate keeps the status and counts changes of the spec.
func (poolStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	pool, oldPool := obj.(*spectrocloud.ComputePool), old.(*spectrocloud.ComputePool)
	pool.Status = *oldPool.Status.DeepCopy()
	if !equality.Semantic.DeepEqual(pool.Spec, oldPool.Spec) {
		pool.Generation = oldPool.Generation + 1
	}
}

// Validate validates a new ComputePool.
func (poolStrategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return validation.ValidateComputePool(obj.(*spectrocloud.ComputePool))
}

// ValidateUpdate validates a changed ComputePool.
func (poolStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateComputePoolUpdate(obj.(*spectrocloud.ComputePool), old.(*spectrocloud.ComputePool))
}

// statusStrategy is what an update of a ComputePool's status may do.
type statusStrategy struct{ poolStrategy }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.ConsumerStatusResets()
}

// PrepareForUpdate keeps everything but the status, and of that what the ledger decided.
func (statusStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	pool, oldPool := obj.(*spectrocloud.ComputePool), old.(*spectrocloud.ComputePool)
	pool.Spec = oldPool.Spec
	metav1.ResetObjectMetaForStatus(&pool.ObjectMeta, &oldPool.ObjectMeta)
	strategy.KeepDecided(&pool.Status, &oldPool.Status)
}

// ValidateUpdate validates a changed status.
func (statusStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateComputePoolStatusUpdate(obj.(*spectrocloud.ComputePool), old.(*spectrocloud.ComputePool))
}
