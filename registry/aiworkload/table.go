// SPDX-License-Identifier: Apache-2.0

package aiworkload

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get aiworkloads prints.
func columns(place table.Place) table.Convertor[spectrocloud.AIWorkload] {
	all := []table.Column[spectrocloud.AIWorkload]{{
		Name: "Type", Description: "App for an App Deployment, Model for a Model Deployment.",
		Cell: func(w *spectrocloud.AIWorkload) any {
			if w.Labels[spectrocloud.LabelWorkloadType] == spectrocloud.WorkloadTypeModel {
				return "Model"
			}
			return "App"
		},
	}}
	all = append(all, table.ConsumerColumns("aiworkloads", place, func(w *spectrocloud.AIWorkload) table.Consumer {
		return table.Consumer{Metadata: &w.ObjectMeta, Status: &w.Status, Requested: quota.RequestedByWorkload(w)}
	})...)
	all = append(all, table.Column[spectrocloud.AIWorkload]{
		Name: "Pool", Wide: true, Description: "The ComputePool that the workload runs on.",
		Cell: func(w *spectrocloud.AIWorkload) any { return poolOf(w) },
	})
	return table.New(all...)
}
