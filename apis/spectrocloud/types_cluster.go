// SPDX-License-Identifier: Apache-2.0

package spectrocloud

// ClusterVariant is the cluster that a ComputePool or an AIWorkload asks for: a dedicated or a shared one.
type ClusterVariant struct {
	ControlPlaneResourceGroups map[string]string
	WorkerResourceGroups       map[string]string
	Dedicated                  *ClusterDeployment
	Shared                     *ClusterDeployment
}

// ClusterDeployment is how a cluster is deployed.
type ClusterDeployment struct {
	PaletteClusterDeploymentConfig PaletteClusterDeploymentConfig
}

// PaletteClusterDeploymentConfig is how Palette deploys a cluster.
type PaletteClusterDeploymentConfig struct {
	CloudType            string
	NodePoolRequirements NodePoolRequirements
	DeletionPolicy       string
	SSHKeys              []string
	Edge                 *EdgeConfig
}

// EdgeConfig are the settings of a cluster at the edge.
type EdgeConfig struct {
	VIP string
}

// NodePoolRequirements are the nodes of a cluster.
type NodePoolRequirements struct {
	ControlPlanePool *ControlPlanePool
	WorkerPools      []WorkerPool
}

// ControlPlanePool are the nodes of a cluster's control plane.
type ControlPlanePool struct {
	NodeCount          int32
	WorkerNodeEligible bool
	Architecture       string
	CPU                *CPURequirement
	Memory             *MemoryRequirement
	Labels             map[string]string
	Annotations        map[string]string
	Taints             []Taint
}

// WorkerPool are worker nodes that are alike.
type WorkerPool struct {
	Name         string
	NodeCount    *int32
	Architecture string
	CPU          *CPURequirement
	Memory       *MemoryRequirement
	GPU          *GPURequirement
	Labels       map[string]string
	Annotations  map[string]string
	Taints       []Taint
}

// CPURequirement is what a node needs of CPU.
type CPURequirement struct {
	CPUCount int32
}

// MemoryRequirement is what a node needs of memory.
type MemoryRequirement struct {
	MemoryMiB int64
}

// GPURequirement is what a node needs of GPUs.
type GPURequirement struct {
	Family    string
	GPUCount  int32
	GPUMemory int64
}

// Taint keeps what does not tolerate it off a node.
type Taint struct {
	Key    string
	Value  string
	Effect string
}
