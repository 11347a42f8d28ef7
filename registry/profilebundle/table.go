// SPDX-License-Identifier: Apache-2.0

package profilebundle

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get profilebundles prints.
var columns = table.New(
	table.Column[spectrocloud.ProfileBundle]{
		Name: "Type", Description: "What the bundle is for.",
		Cell: func(p *spectrocloud.ProfileBundle) any { return string(p.Spec.Type) },
	},
	table.Column[spectrocloud.ProfileBundle]{
		Name: "Version", Description: "The version that people read.",
		Cell: func(p *spectrocloud.ProfileBundle) any { return p.Spec.Version },
	},
	table.Column[spectrocloud.ProfileBundle]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(p *spectrocloud.ProfileBundle) any { return p.Spec.DisplayName },
	},
)
