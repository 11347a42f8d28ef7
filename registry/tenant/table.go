// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get tenants prints.
var columns = table.New(
	table.Column[spectrocloud.Tenant]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(t *spectrocloud.Tenant) any { return t.Spec.DisplayName },
	},
	table.Column[spectrocloud.Tenant]{
		Name: "Projects", Type: "integer", Description: "The number of Projects in the Tenant.",
		Cell: func(t *spectrocloud.Tenant) any { return t.Status.Projects },
	},
	table.Column[spectrocloud.Tenant]{
		Name: "Ready", Description: "Whether the Tenant's namespace, roles and bindings are as the spec asks.",
		Cell: func(t *spectrocloud.Tenant) any { return table.Ready(&t.ObjectMeta, t.Status.Conditions) },
	},
	table.Column[spectrocloud.Tenant]{
		Name: "Reason", Wide: true, Description: "Why the Tenant is not ready.",
		Cell: func(t *spectrocloud.Tenant) any { return table.Reason(t.Status.Conditions, "Ready") },
	},
)
