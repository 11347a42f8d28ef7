// SPDX-License-Identifier: Apache-2.0

package traitdefinition

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get traitdefinitions prints.
var columns = table.New(
	table.Column[spectrocloud.TraitDefinition]{
		Name: "Version", Description: "The version that people read.",
		Cell: func(t *spectrocloud.TraitDefinition) any { return t.Spec.Version },
	},
	table.Column[spectrocloud.TraitDefinition]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(t *spectrocloud.TraitDefinition) any { return t.Spec.DisplayName },
	},
)
