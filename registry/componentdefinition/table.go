// SPDX-License-Identifier: Apache-2.0

package componentdefinition

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get componentdefinitions prints.
var columns = table.New(
	table.Column[spectrocloud.ComponentDefinition]{
		Name: "Version", Description: "The version that people read.",
		Cell: func(c *spectrocloud.ComponentDefinition) any { return c.Spec.Version },
	},
	table.Column[spectrocloud.ComponentDefinition]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(c *spectrocloud.ComponentDefinition) any { return c.Spec.DisplayName },
	},
)
