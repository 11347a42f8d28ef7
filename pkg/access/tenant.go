// SPDX-License-Identifier: Apache-2.0

package access

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// ForTenant returns what hems in the Tenant's namespace, and what its groups may do outside its Projects:
// create what a Project starts from, anywhere, and look at the Settings and
// Secrets of the Tenant's namespace. The Tenant itself they see as everyone
// sees Tenants, without a role of its own.
//
// No two Tenants share a name: each name holds the Tenant's whole name between
// a fixed prefix and a fixed suffix, so it can be read back in one way only.
func ForTenant(tenant *v1alpha1.Tenant) Objects {
	var objects Objects
	objects.isolate(tenant.Name, func() map[string]string { return TenantLabels(tenant.Name) }, tenant)
	groups := tenant.Spec.TenantRoleMapping.Groups
	objects.grantInCluster("tenant-"+tenant.Name+"-create", TenantLabels(tenant.Name), []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"computeconfigs", "projects", "settings"}, Verbs: []string{"create"}},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create"}},
	}, groups)
	objects.grantInNamespace(tenant.Name, tenant.Name+"-tenant-viewer", TenantLabels(tenant.Name), []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"settings"}, Verbs: read},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: read},
	}, groups)
	return objects
}
