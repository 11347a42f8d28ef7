// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get workloadprofiles prints.
var columns = table.New(
	table.Column[spectrocloud.WorkloadProfile]{
		Name: "Type", Description: "What the workload is for.",
		Cell: func(w *spectrocloud.WorkloadProfile) any { return string(w.Spec.Type) },
	},
	table.Column[spectrocloud.WorkloadProfile]{
		Name: "Lineage", Description: "The first revision of the profile.",
		Cell: func(w *spectrocloud.WorkloadProfile) any { return w.Status.Lineage },
	},
	table.Column[spectrocloud.WorkloadProfile]{
		Name: "Revision", Description: "Its number among the revisions of the profile.",
		Cell: func(w *spectrocloud.WorkloadProfile) any { return w.Status.Revision },
	},
	table.Column[spectrocloud.WorkloadProfile]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(w *spectrocloud.WorkloadProfile) any { return w.Spec.DisplayName },
	},
)
