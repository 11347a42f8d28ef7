// SPDX-License-Identifier: Apache-2.0

package spectrocloud

const (
	// Finalizer holds a Tenant or Project that is being deleted until the controllers have removed what they generated for it.
	Finalizer = "spectrocloud.com/cleanup"

	// ProjectTenantField is the field selector that lists the Projects of one Tenant.
	ProjectTenantField = "spec.tenantRef.name"

	// VerbManage is the RBAC verb on a Tenant that lets someone outside its groups create Projects under it.
	VerbManage = "manage"
)
