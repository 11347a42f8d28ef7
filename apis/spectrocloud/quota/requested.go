// SPDX-License-Identifier: Apache-2.0

package quota

import "spectrocloud.com/tenancy/apis/spectrocloud"

// RequestedByPool is the number of GPUs per family that a ComputePool asks for: over its worker pools, what each node needs
// times the nodes. It is so whether the pool is suspended or not.
func RequestedByPool(pool *spectrocloud.ComputePool) spectrocloud.GPUCounts {
	return Sums{}.addVariant(&pool.Spec.ClusterVariant).counts()
}

// RequestedByWorkload is the number of GPUs per family that an AIWorkload asks for, itself or for a cluster of its own. It is
// so whether the workload is suspended or not, and also where its ComputePool is charged instead.
func RequestedByWorkload(workload *spectrocloud.AIWorkload) spectrocloud.GPUCounts {
	sums := Sums{}
	sums.Add(workload.Spec.GPURequests, 1)
	return sums.addVariant(workload.Spec.ClusterVariant).counts()
}

// addVariant adds what the worker pools of variant ask for, whichever of its clusters they belong to. Numbers that
// validation would refuse count as none.
func (s Sums) addVariant(variant *spectrocloud.ClusterVariant) Sums {
	if variant == nil {
		return s
	}
	for _, cluster := range []*spectrocloud.ClusterDeployment{variant.Dedicated, variant.Shared} {
		if cluster == nil {
			continue
		}
		for _, pool := range cluster.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools {
			nodes := int32(1)
			if pool.NodeCount != nil {
				nodes = *pool.NodeCount
			}
			if pool.GPU != nil && pool.GPU.GPUCount > 0 && nodes > 0 {
				s[pool.GPU.Family] = min(most, s[pool.GPU.Family]+int64(pool.GPU.GPUCount)*int64(nodes))
			}
		}
	}
	return s
}

// counts are the sums that are not zero, at most what can be counted in a status.
func (s Sums) counts() spectrocloud.GPUCounts {
	counts := spectrocloud.GPUCounts{}
	for family, n := range s {
		if n > 0 {
			counts[family] = int32(min(most, n))
		}
	}
	return counts
}
