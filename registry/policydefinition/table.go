// SPDX-License-Identifier: Apache-2.0

package policydefinition

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get policydefinitions prints.
var columns = table.New(
	table.Column[spectrocloud.PolicyDefinition]{
		Name: "Version", Description: "The version that people read.",
		Cell: func(p *spectrocloud.PolicyDefinition) any { return p.Spec.Version },
	},
	table.Column[spectrocloud.PolicyDefinition]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(p *spectrocloud.PolicyDefinition) any { return p.Spec.DisplayName },
	},
)
