// SPDX-License-Identifier: Apache-2.0

package project

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

// projectStrategy is what a create or an update of a Project may do.
type projectStrategy struct {
	strategy.Base
	namespaces validation.Namespaces
}

// NamespaceScoped is true: a Project lives in the namespace of its own name.
func (projectStrategy) NamespaceScoped() bool { return true }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s projectStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("status")
}

// PrepareForCreate drops the status, which is the controllers' to write.
func (projectStrategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	project := obj.(*spectrocloud.Project)
	project.Status = spectrocloud.ProjectStatus{}
	project.Generation = 1
	strategy.KeepFinalizer(&project.ObjectMeta)
}

// PrepareForUpdate keeps the status and counts changes of the spec.
func (projectStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	project, oldProject := obj.(*spectrocloud.Project), old.(*spectrocloud.Project)
	project.Status = oldProject.Status
	if !equality.Semantic.DeepEqual(project.Spec, oldProject.Spec) {
		project.Generation = oldProject.Generation + 1
	}
	strategy.KeepFinalizer(&project.ObjectMeta)
}

// Validate validates a new Project.
func (s projectStrategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return validation.ValidateProject(obj.(*spectrocloud.Project), s.namespaces)
}

// ValidateUpdate validates a changed Project.
func (s projectStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateProjectUpdate(obj.(*spectrocloud.Project), old.(*spectrocloud.Project), s.namespaces)
}

// statusStrategy is what an update of a Project's status may do.
type statusStrategy struct{ projectStrategy }

// GetResetFields implements rest.ResetFieldsStrategy.
func (s statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return s.Resets("spec", "metadata")
}

// PrepareForUpdate keeps everything but the status.
func (statusStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	project, oldProject := obj.(*spectrocloud.Project), old.(*spectrocloud.Project)
	project.Spec = oldProject.Spec
	metav1.ResetObjectMetaForStatus(&project.ObjectMeta, &oldProject.ObjectMeta)
}

// ValidateUpdate validates a changed status.
func (statusStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateProjectStatusUpdate(obj.(*spectrocloud.Project), old.(*spectrocloud.Project))
}
