// SPDX-License-Identifier: Apache-2.0

package variableset

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get variablesets prints.
var columns = table.New(
	table.Column[spectrocloud.VariableSet]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(v *spectrocloud.VariableSet) any { return v.Spec.DisplayName },
	},
	table.Column[spectrocloud.VariableSet]{
		Name: "Variables", Description: "The number of variables.",
		Cell: func(v *spectrocloud.VariableSet) any { return len(v.Spec.Variables) },
	},
)
