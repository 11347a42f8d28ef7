// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get computepools prints.
func columns(place table.Place) table.Convertor[spectrocloud.ComputePool] {
	all := []table.Column[spectrocloud.ComputePool]{{
		Name: "Variant", Description: "Whether the pool is Dedicated to one workload or Shared by many.",
		Cell: func(p *spectrocloud.ComputePool) any {
			if p.Spec.ClusterVariant.Shared != nil {
				return "Shared"
			}
			return "Dedicated"
		},
	}}
	all = append(all, table.ConsumerColumns("computepools", place, func(p *spectrocloud.ComputePool) table.Consumer {
		return table.Consumer{Metadata: &p.ObjectMeta, Status: &p.Status, Requested: quota.RequestedByPool(p)}
	})...)
	return table.New(all...)
}
