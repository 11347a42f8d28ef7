// SPDX-License-Identifier: Apache-2.0

package aiworkload

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

// workloadStrategy is what a create or an update of a AIWorkload may do.
type workloadStrategy struct{ strategy.Base }

// NamespaceScoped is true: an AIWorkload lives in its Project's namespace.
func (workloadStrategy) NamespaceScoped() bool { return true }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s workloadStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("status")
}

// PrepareForCreate drops the status, which is the ledger's to decide.
func (workloadStrategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	workload := obj.(*spectrocloud.AIWorkload)
	workload.Status = spectrocloud.ConsumerStatus{}
	workload.Generation = 1
}

// PrepareForUpdate keeps the status and counts changes of the spec.
func (workloadStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	workload, oldWorkload := obj.(*spectrocloud.AIWorkload), old.(*spectrocloud.AIWorkload)
	workload.Status = *oldWorkload.Status.DeepCopy()
	if !equality.Semantic.DeepEqual(workload.Spec, oldWorkload.Spec) {
		workload.Generation = oldWorkload.Generation + 1
	}
}

// Validate validates a new AIWorkload.
func (workloadStrategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return validation.ValidateAIWorkload(obj.(*spectrocloud.AIWorkload))
}

// ValidateUpdate validates a changed AIWorkload.
func (workloadStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateAIWorkloadUpdate(obj.(*spectrocloud.AIWorkload), old.(*spectrocloud.AIWorkload))
}

// statusStrategy is what an update of an AIWorkload's status may do.
type statusStrategy struct{ workloadStrategy }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.ConsumerStatusResets()
}

// PrepareForUpdate keeps everything but the status, and of that what the ledger decided.
func (statusStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	workload, oldWorkload := obj.(*spectrocloud.AIWorkload), old.(*spectrocloud.AIWorkload)
	workload.Spec = oldWorkload.Spec
	metav1.ResetObjectMetaForStatus(&workload.ObjectMeta, &oldWorkload.ObjectMeta)
	strategy.KeepDecided(&workload.Status, &oldWorkload.Status)
}

// ValidateUpdate validates a changed status.
func (statusStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateAIWorkloadStatusUpdate(obj.(*spectrocloud.AIWorkload), old.(*spectrocloud.AIWorkload))
}
