// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// groups see a Tenant: those that manage it, and those that one of its Projects names.
func groups(obj runtime.Object) []string {
	tenant := obj.(*spectrocloud.Tenant)
	return slices.Concat(tenant.Spec.TenantRoleMapping.Groups, tenant.Status.ProjectGroups)
}
