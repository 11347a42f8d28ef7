// SPDX-License-Identifier: Apache-2.0

package computeconfig

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get computeconfigs prints.
var columns = table.New(
	table.Column[spectrocloud.ComputeConfig]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(c *spectrocloud.ComputeConfig) any { return c.Spec.DisplayName },
	},
	table.Column[spectrocloud.ComputeConfig]{
		Name: "Control Plane", Description: "The number of nodes of the control plane.",
		Cell: func(c *spectrocloud.ComputeConfig) any {
			return c.Spec.PaletteClusterConfig.Defaults.ControlPlanePool.NodeCount
		},
	},
	table.Column[spectrocloud.ComputeConfig]{
		Name: "Worker Pools", Description: "The number of worker pools.",
		Cell: func(c *spectrocloud.ComputeConfig) any { return len(c.Spec.PaletteClusterConfig.Defaults.WorkerPools) },
	},
)
