// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// ClusterVariant is the cluster to deploy: either a dedicated or a shared one, for good. What nodes it needs can be changed,
// their GPUs included.
type ClusterVariant struct {
	// controlPlaneResourceGroups are labels of the machines that the control plane may be made of, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:format=k8s-label-value
	ControlPlaneResourceGroups map[string]string `json:"controlPlaneResourceGroups,omitempty" protobuf:"bytes,1,rep,name=controlPlaneResourceGroups"`

	// workerResourceGroups are labels of the machines that the workers may be made of, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:format=k8s-label-value
	WorkerResourceGroups map[string]string `json:"workerResourceGroups,omitempty" protobuf:"bytes,2,rep,name=workerResourceGroups"`

	// dedicated is one cluster for one workload.
	// +optional
	// +k8s:optional
	Dedicated *ClusterDeployment `json:"dedicated,omitempty" protobuf:"bytes,3,opt,name=dedicated"`

	// shared is for any number of workloads. Only a ComputePool may be shared.
	// +optional
	// +k8s:optional
	Shared *ClusterDeployment `json:"shared,omitempty" protobuf:"bytes,4,opt,name=shared"`
}

// ClusterDeployment is how a cluster is deployed.
type ClusterDeployment struct {
	// paletteClusterDeploymentConfig is how Palette deploys the cluster.
	// +optional
	PaletteClusterDeploymentConfig PaletteClusterDeploymentConfig `json:"paletteClusterDeploymentConfig,omitempty" protobuf:"bytes,1,opt,name=paletteClusterDeploymentConfig"`
}

// PaletteClusterDeploymentConfig is how Palette deploys a cluster.
type PaletteClusterDeploymentConfig struct {
	// cloudType is the type of cloud to deploy to, for example edge-native. Once given it can't be changed.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	CloudType string `json:"cloudType,omitempty" protobuf:"bytes,1,opt,name=cloudType"`

	// nodePoolRequirements are the nodes that the cluster needs.
	// +optional
	NodePoolRequirements NodePoolRequirements `json:"nodePoolRequirements,omitempty" protobuf:"bytes,2,opt,name=nodePoolRequirements"`

	// deletionPolicy is what becomes of the cluster when this object is deleted, for example delete.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	DeletionPolicy string `json:"deletionPolicy,omitempty" protobuf:"bytes,3,opt,name=deletionPolicy"`

	// sshKeys are the public keys that may log in to the nodes: at most 64, each a line in the form of authorized_keys.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=8192
	SSHKeys []string `json:"sshKeys,omitempty" protobuf:"bytes,4,rep,name=sshKeys"`

	// edge are the settings of a cluster at the edge.
	// +optional
	// +k8s:optional
	Edge *EdgeConfig `json:"edge,omitempty" protobuf:"bytes,5,opt,name=edge"`
}

// EdgeConfig are the settings of a cluster at the edge.
type EdgeConfig struct {
	// vip is the virtual IP address of the cluster's API server. Once given it can't be changed.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=45
	VIP string `json:"vip,omitempty" protobuf:"bytes,1,opt,name=vip"`
}

// NodePoolRequirements are the nodes that a cluster needs.
type NodePoolRequirements struct {
	// controlPlanePool are the nodes of the control plane.
	// +optional
	// +k8s:optional
	ControlPlanePool *ControlPlanePool `json:"controlPlanePool,omitempty" protobuf:"bytes,1,opt,name=controlPlanePool"`

	// workerPools are the pools of worker nodes, at most 64, each with a name of its own.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	WorkerPools []WorkerPool `json:"workerPools,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,2,rep,name=workerPools"`
}

// ControlPlanePool are the nodes of a cluster's control plane.
type ControlPlanePool struct {
	// nodeCount is the number of nodes: 1, 3 or 5.
	// +optional
	// +default=1
	NodeCount int32 `json:"nodeCount,omitempty" protobuf:"varint,1,opt,name=nodeCount"`

	// workerNodeEligible lets workloads run on the nodes of the control plane.
	// +optional
	WorkerNodeEligible bool `json:"workerNodeEligible" protobuf:"varint,2,opt,name=workerNodeEligible"`

	// architecture of the nodes' CPUs, for example amd64.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	Architecture string `json:"architecture,omitempty" protobuf:"bytes,3,opt,name=architecture"`

	// cpu is what each node needs of CPU.
	// +optional
	// +k8s:optional
	CPU *CPURequirement `json:"cpu,omitempty" protobuf:"bytes,4,opt,name=cpu"`

	// memory is what each node needs of memory.
	// +optional
	// +k8s:optional
	Memory *MemoryRequirement `json:"memory,omitempty" protobuf:"bytes,5,opt,name=memory"`

	// labels are put on the nodes, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:format=k8s-label-value
	Labels map[string]string `json:"labels,omitempty" protobuf:"bytes,6,rep,name=labels"`

	// annotations are put on the nodes, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:maxLength=4096
	Annotations map[string]string `json:"annotations,omitempty" protobuf:"bytes,7,rep,name=annotations"`

	// taints are put on the nodes, at most 64.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:maxItems=64
	Taints []Taint `json:"taints,omitempty" protobuf:"bytes,8,rep,name=taints"`
}

// WorkerPool are worker nodes that are alike.
type WorkerPool struct {
	// name of the pool, unique in its cluster.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// nodeCount is the number of nodes, at most 10000.
	// +optional
	// +default=1
	// +k8s:optional
	// +k8s:minimum=0
	// +k8s:maximum=10000
	NodeCount *int32 `json:"nodeCount,omitempty" protobuf:"varint,2,opt,name=nodeCount"`

	// architecture of the nodes' CPUs, for example amd64.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	Architecture string `json:"architecture,omitempty" protobuf:"bytes,3,opt,name=architecture"`

	// cpu is what each node needs of CPU.
	// +optional
	// +k8s:optional
	CPU *CPURequirement `json:"cpu,omitempty" protobuf:"bytes,4,opt,name=cpu"`

	// memory is what each node needs of memory.
	// +optional
	// +k8s:optional
	Memory *MemoryRequirement `json:"memory,omitempty" protobuf:"bytes,5,opt,name=memory"`

	// gpu is what each node needs of GPUs. Times nodeCount it counts toward the GPU quotas of the Project and its Tenant.
	// +optional
	// +k8s:optional
	GPU *GPURequirement `json:"gpu,omitempty" protobuf:"bytes,6,opt,name=gpu"`

	// labels are put on the nodes, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:format=k8s-label-value
	Labels map[string]string `json:"labels,omitempty" protobuf:"bytes,7,rep,name=labels"`

	// annotations are put on the nodes, at most 64.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:maxLength=4096
	Annotations map[string]string `json:"annotations,omitempty" protobuf:"bytes,8,rep,name=annotations"`

	// taints are put on the nodes, at most 64.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:maxItems=64
	Taints []Taint `json:"taints,omitempty" protobuf:"bytes,9,rep,name=taints"`
}

// CPURequirement is what a node needs of CPU.
type CPURequirement struct {
	// cpuCount is the number of CPUs.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	CPUCount int32 `json:"cpuCount,omitempty" protobuf:"varint,1,opt,name=cpuCount"`
}

// MemoryRequirement is what a node needs of memory.
type MemoryRequirement struct {
	// memoryMiB is the memory in MiB.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	MemoryMiB int64 `json:"memoryMiB,omitempty" protobuf:"varint,1,opt,name=memoryMiB"`
}

// GPURequirement is what a node needs of GPUs.
type GPURequirement struct {
	// family of the GPUs, for example NVIDIA-A100, as GPU quotas name it.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-value
	Family string `json:"family" protobuf:"bytes,1,opt,name=family"`

	// gpuCount is the number of GPUs: at least 1, and over all nodes of all pools at most 1000000 of a family.
	// +required
	// +k8s:required
	// +k8s:minimum=1
	// +k8s:maximum=1000000
	GPUCount int32 `json:"gpuCount" protobuf:"varint,2,opt,name=gpuCount"`

	// gpuMemory is the least memory of each GPU, in MiB.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	GPUMemory int64 `json:"gpuMemory,omitempty" protobuf:"varint,3,opt,name=gpuMemory"`
}

// TaintEffect is what becomes of pods that do not tolerate a taint.
// +enum
// +k8s:enum
type TaintEffect string

const (
	// TaintNoSchedule schedules no more of them to the node.
	TaintNoSchedule TaintEffect = "NoSchedule"
	// TaintPreferNoSchedule schedules them to the node only where there is no other.
	TaintPreferNoSchedule TaintEffect = "PreferNoSchedule"
	// TaintNoExecute also evicts those that run on the node.
	TaintNoExecute TaintEffect = "NoExecute"
)

// Taint keeps pods that do not tolerate it off a node.
type Taint struct {
	// key of the taint.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-key
	Key string `json:"key" protobuf:"bytes,1,opt,name=key"`

	// value of the taint.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	Value string `json:"value,omitempty" protobuf:"bytes,2,opt,name=value"`

	// effect on pods that do not tolerate the taint.
	// +required
	// +k8s:required
	Effect TaintEffect `json:"effect" protobuf:"bytes,3,opt,name=effect,casttype=TaintEffect"`
}
