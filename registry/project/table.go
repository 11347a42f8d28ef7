// SPDX-License-Identifier: Apache-2.0

package project

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get projects prints.
var columns = table.New(
	table.Column[spectrocloud.Project]{
		Name: "Tenant", Description: "The Tenant that the Project belongs to.",
		Cell: func(p *spectrocloud.Project) any { return p.Spec.TenantRef.Name },
	},
	table.Column[spectrocloud.Project]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(p *spectrocloud.Project) any { return p.Spec.DisplayName },
	},
	table.Column[spectrocloud.Project]{
		Name: "Ready", Description: "Whether the Project's namespace, roles and bindings are as the spec asks.",
		Cell: func(p *spectrocloud.Project) any { return table.Ready(&p.ObjectMeta, p.Status.Conditions) },
	},
	table.Column[spectrocloud.Project]{
		Name: "Reason", Wide: true, Description: "Why the Project is not ready.",
		Cell: func(p *spectrocloud.Project) any { return table.Reason(p.Status.Conditions, "Ready") },
	},
)
