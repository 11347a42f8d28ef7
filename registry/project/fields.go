// SPDX-License-Identifier: Apache-2.0

package project

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// groups see a Project: those that its own role mapping names, and those that manage its Tenant.
func groups(obj runtime.Object) []string {
	project := obj.(*spectrocloud.Project)
	roles := project.Spec.RoleMapping
	return slices.Concat(roles.Viewer, roles.Editor, roles.Admin, project.Status.TenantGroups)
}

// tenantOf is what Projects are selected by.
func tenantOf(obj runtime.Object) string {
	return obj.(*spectrocloud.Project).Spec.TenantRef.Name
}
