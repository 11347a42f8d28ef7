// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

type config = spectrocloud.PaletteClusterDeploymentConfig

// cluster is one with a pool of workers with GPUs and one without.
func cluster() *spectrocloud.ClusterDeployment {
	return &spectrocloud.ClusterDeployment{PaletteClusterDeploymentConfig: config{
		CloudType: "edge-native",
		NodePoolRequirements: spectrocloud.NodePoolRequirements{
			ControlPlanePool: &spectrocloud.ControlPlanePool{NodeCount: 3, CPU: &spectrocloud.CPURequirement{CPUCount: 4}, Architecture: "amd64",
				Memory: &spectrocloud.MemoryRequirement{MemoryMiB: 8192}, Taints: []spectrocloud.Taint{{Key: "a", Value: "b", Effect: "NoExecute"}},
				Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"c": "d e"}},
			WorkerPools: []spectrocloud.WorkerPool{
				{Name: "cpu-pool", NodeCount: new(int32(1)), Taints: []spectrocloud.Taint{{Key: "a.b/c", Value: "d", Effect: "NoSchedule"}}},
				{Name: "gpu-pool", NodeCount: new(int32(2)), Architecture: "amd64", CPU: &spectrocloud.CPURequirement{CPUCount: 16},
					Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"c": "d e"}, Memory: &spectrocloud.MemoryRequirement{MemoryMiB: 65536},
					GPU: &spectrocloud.GPURequirement{Family: "NVIDIA-A100", GPUCount: 2, GPUMemory: 40960}},
			},
		},
		DeletionPolicy: "delete",
		SSHKeys:        []string{"ssh-rsa AAAA ann@example.com"},
		Edge:           &spectrocloud.EdgeConfig{VIP: "10.0.0.1"},
	}}
}

func pool(change func(*spectrocloud.ComputePool)) *spectrocloud.ComputePool {
	pool := &spectrocloud.ComputePool{
		ObjectMeta: metav1.ObjectMeta{Name: "ml-cluster", Namespace: "web", ResourceVersion: "1"},
		Spec: spectrocloud.ComputePoolSpec{
			DisplayName:      "ML",
			Description:      "For training.\n\tAnd more.",
			ProfileBundleRef: &spectrocloud.ProfileBundleReference{Name: "edge", Namespace: "web", CloudType: "edge-native"},
			ClusterVariant: spectrocloud.ClusterVariant{
				ControlPlaneResourceGroups: map[string]string{"palette.ai": "true"},
				WorkerResourceGroups:       map[string]string{"palette.ai": "true", "gpu-enabled": "true"},
				Dedicated:                  cluster(),
			},
			ScalingPolicyRef: &spectrocloud.ResourceReference{Name: "fast", Namespace: "web"},
			NetworkIsolation: &spectrocloud.NetworkIsolation{Provider: "EDA", EDA: &spectrocloud.EDANetwork{EDAVirtualNetwork: "v", Subnet: "s"}},
		},
	}
	if change != nil {
		change(pool)
	}
	return pool
}

// nodes changes the nodes of a pool's cluster.
func nodes(change func(*spectrocloud.NodePoolRequirements)) func(*spectrocloud.ComputePool) {
	return func(o *spectrocloud.ComputePool) {
		change(&o.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig.NodePoolRequirements)
	}
}

// deployment changes how a pool's cluster is deployed.
func deployment(change func(*config)) func(*spectrocloud.ComputePool) {
	return func(o *spectrocloud.ComputePool) {
		change(&o.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig)
	}
}

// gpus replaces what the pool of GPU nodes asks for.
func gpus(nodeCount int32, family string, gpuCount int32) func(*spectrocloud.ComputePool) {
	return nodes(func(n *spectrocloud.NodePoolRequirements) {
		n.WorkerPools[1].NodeCount, n.WorkerPools[1].GPU = &nodeCount, &spectrocloud.GPURequirement{Family: family, GPUCount: gpuCount}
	})
}

func pools(n int) []spectrocloud.WorkerPool {
	all := make([]spectrocloud.WorkerPool, n)
	for i := range all {
		all[i] = spectrocloud.WorkerPool{Name: fmt.Sprintf("pool-%d", i), NodeCount: new(int32(1))}
	}
	return all
}

func workload(change func(*spectrocloud.AIWorkload)) *spectrocloud.AIWorkload {
	workload := &spectrocloud.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: "chat", Namespace: "web", ResourceVersion: "1"},
		Spec: spectrocloud.AIWorkloadSpec{
			DisplayName:      "Chat",
			ProfileBundleRef: &spectrocloud.ProfileBundleReference{Name: "chat", CloudType: "edge-native"},
			GPURequests:      spectrocloud.GPUCounts{"NVIDIA-A100": 4, "NVIDIA-H100": 2},
		},
	}
	if change != nil {
		change(workload)
	}
	return workload
}
