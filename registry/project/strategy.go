// SPDX-License-Identifier: Apache-2.0

package project

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

// newStrategy returns what a create or an update of a Project may do.
func newStrategy(scheme *runtime.Scheme, namespaces validation.Namespaces) strategy.Strategy {
	return strategy.New(scheme, strategy.Rules[spectrocloud.Project, spectrocloud.ProjectSpec, spectrocloud.ProjectStatus]{
		Version: "v1alpha1", Namespaced: true, Finalized: true,
		Spec:   func(p *spectrocloud.Project) *spectrocloud.ProjectSpec { return &p.Spec },
		Status: func(p *spectrocloud.Project) *spectrocloud.ProjectStatus { return &p.Status },
		Validate: func(p *spectrocloud.Project) field.ErrorList {
			return validation.ValidateProject(p, namespaces)
		},
		ValidateUpdate: func(updated, old *spectrocloud.Project) field.ErrorList {
			return validation.ValidateProjectUpdate(updated, old, namespaces)
		},
		ValidateStatusUpdate: validation.ValidateProjectStatusUpdate,
	})
}
