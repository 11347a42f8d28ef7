// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// cluster is one with these worker pools.
func cluster(pools ...spectrocloud.WorkerPool) *spectrocloud.ClusterDeployment {
	return &spectrocloud.ClusterDeployment{PaletteClusterDeploymentConfig: spectrocloud.PaletteClusterDeploymentConfig{
		NodePoolRequirements: spectrocloud.NodePoolRequirements{WorkerPools: pools}}}
}

// workers is a pool of nodes with gpus each; nodes below zero stand for a nodeCount that is not given.
func workers(nodes int32, family string, gpus int32) spectrocloud.WorkerPool {
	pool := spectrocloud.WorkerPool{GPU: &spectrocloud.GPURequirement{Family: family, GPUCount: gpus}}
	if nodes >= 0 {
		pool.NodeCount = &nodes
	}
	return pool
}

func TestAClusterAsksForTheGPUsOfAllItsNodes(t *testing.T) {
	for name, tc := range map[string]struct {
		variant spectrocloud.ClusterVariant
		want    counts
	}{
		"no cluster":              {spectrocloud.ClusterVariant{}, counts{}},
		"no GPU":                  {spectrocloud.ClusterVariant{Dedicated: cluster(spectrocloud.WorkerPool{NodeCount: new(int32(3))})}, counts{}},
		"one node unless said":    {spectrocloud.ClusterVariant{Dedicated: cluster(workers(-1, "A100", 2))}, counts{"A100": 2}},
		"GPUs times nodes":        {spectrocloud.ClusterVariant{Shared: cluster(workers(3, "A100", 2))}, counts{"A100": 6}},
		"no node, no GPU":         {spectrocloud.ClusterVariant{Shared: cluster(workers(0, "A100", 2))}, counts{}},
		"pools are added up":      {spectrocloud.ClusterVariant{Shared: cluster(workers(1, "A100", 2), workers(2, "H100", 8), workers(2, "A100", 4))}, counts{"A100": 10, "H100": 16}},
		"stored before a rule":    {spectrocloud.ClusterVariant{Dedicated: cluster(workers(2, "A100", -4), workers(1, "A100", 1))}, counts{"A100": 1}},
		"more than can be stored": {spectrocloud.ClusterVariant{Dedicated: cluster(workers(math.MaxInt32, "A100", math.MaxInt32), workers(math.MaxInt32, "A100", math.MaxInt32), workers(math.MaxInt32, "A100", math.MaxInt32))}, counts{"A100": math.MaxInt32}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, quota.RequestedByPool(&spectrocloud.ComputePool{Spec: spectrocloud.ComputePoolSpec{ClusterVariant: tc.variant}}))
			assert.Equal(t, tc.want, quota.RequestedByWorkload(&spectrocloud.AIWorkload{Spec: spectrocloud.AIWorkloadSpec{ClusterVariant: &tc.variant}}))
		})
	}
}

func TestAWorkloadAsksForItsGPURequests(t *testing.T) {
	for name, tc := range map[string]struct {
		spec spectrocloud.AIWorkloadSpec
		want counts
	}{
		"none":                       {spectrocloud.AIWorkloadSpec{}, counts{}},
		"as listed":                  {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": 4, "H100": 2}}, counts{"A100": 4, "H100": 2}},
		"also on a pool":             {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": 4}, ComputePoolRef: &spectrocloud.LocalReference{Name: "pool"}}, counts{"A100": 4}},
		"also while suspended":       {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": 4}, Suspend: true}, counts{"A100": 4}},
		"in a cluster without GPUs":  {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": 4}, ClusterVariant: &spectrocloud.ClusterVariant{Dedicated: cluster()}}, counts{"A100": 4}},
		"of which some is no number": {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": -4, "H100": 0}}, counts{}},
		"more than can be stored": {spectrocloud.AIWorkloadSpec{GPURequests: counts{"A100": math.MaxInt32},
			ClusterVariant: &spectrocloud.ClusterVariant{Dedicated: cluster(workers(1, "A100", 1))}}, counts{"A100": math.MaxInt32}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, quota.RequestedByWorkload(&spectrocloud.AIWorkload{Spec: tc.spec}))
		})
	}
}
