// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ScalingPolicy says when the worker pools of a ComputePool grow and shrink: by the use of CPUs, of GPUs per family, or both.
type ScalingPolicy struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the ScalingPolicy is meant to be.
	// +optional
	Spec ScalingPolicySpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is what the autoscaler observed.
	// +optional
	Status ScalingPolicyStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// ScalingPolicySpec is what a ScalingPolicy is meant to be.
type ScalingPolicySpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the ScalingPolicy is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// cpu scales by the use of CPUs. At least one of cpu and gpu has to be given.
	// +optional
	// +k8s:optional
	CPU *ScalingTrigger `json:"cpu,omitempty" protobuf:"bytes,3,opt,name=cpu"`

	// cpuResourceBounds bound the CPUs of a pool.
	// +optional
	// +k8s:optional
	CPUResourceBounds *CPUResourceBounds `json:"cpuResourceBounds,omitempty" protobuf:"bytes,4,opt,name=cpuResourceBounds"`

	// gpu scales by the use of GPUs: at most 64 families, each once.
	// +optional
	// +listType=map
	// +listMapKey=family
	// +patchMergeKey=family
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=family
	// +k8s:maxItems=64
	GPU []GPUScalingTrigger `json:"gpu,omitempty" patchStrategy:"merge" patchMergeKey:"family" protobuf:"bytes,5,rep,name=gpu"`

	// gpuResourceBounds bound the GPUs of a pool, of families that gpu lists: at most 64, each once.
	// +optional
	// +listType=map
	// +listMapKey=family
	// +patchMergeKey=family
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=family
	// +k8s:maxItems=64
	GPUResourceBounds []GPUResourceBounds `json:"gpuResourceBounds,omitempty" patchStrategy:"merge" patchMergeKey:"family" protobuf:"bytes,6,rep,name=gpuResourceBounds"`

	// cooldownDuration is how long nothing is scaled after something was, for example 15m: from 0s to 24h.
	// +optional
	// +default="15m"
	// +k8s:optional
	// +k8s:maxLength=63
	CooldownDuration string `json:"cooldownDuration,omitempty" protobuf:"bytes,7,opt,name=cooldownDuration"`

	// abortDuration is how long a scaling may take before it is given up, for example 1h30m: from 0s to 24h.
	// +optional
	// +default="30m"
	// +k8s:optional
	// +k8s:maxLength=63
	AbortDuration string `json:"abortDuration,omitempty" protobuf:"bytes,8,opt,name=abortDuration"`
}

// ScalingTrigger says at what use of a resource a pool is scaled.
type ScalingTrigger struct {
	// scaleUpThreshold is the use in percent above which the pool grows.
	// +optional
	// +default=80
	// +k8s:optional
	// +k8s:minimum=1
	// +k8s:maximum=100
	ScaleUpThreshold *int32 `json:"scaleUpThreshold,omitempty" protobuf:"varint,1,opt,name=scaleUpThreshold"`

	// scaleDownThreshold is the use in percent below which the pool shrinks: less than scaleUpThreshold.
	// +optional
	// +default=20
	// +k8s:optional
	// +k8s:minimum=0
	// +k8s:maximum=99
	ScaleDownThreshold *int32 `json:"scaleDownThreshold,omitempty" protobuf:"varint,2,opt,name=scaleDownThreshold"`

	// scaleUpDuration is how long the use has to be above the threshold, for example 90s: from 0s to 24h.
	// +optional
	// +default="5m"
	// +k8s:optional
	// +k8s:maxLength=63
	ScaleUpDuration string `json:"scaleUpDuration,omitempty" protobuf:"bytes,3,opt,name=scaleUpDuration"`

	// scaleDownDuration is how long the use has to be below the threshold, for example 90s: from 0s to 24h.
	// +optional
	// +default="10m"
	// +k8s:optional
	// +k8s:maxLength=63
	ScaleDownDuration string `json:"scaleDownDuration,omitempty" protobuf:"bytes,4,opt,name=scaleDownDuration"`
}

// GPUScalingTrigger says at what use of the GPUs of a family a pool is scaled.
type GPUScalingTrigger struct {
	// family of the GPUs, for example NVIDIA-A100.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-value
	Family string `json:"family" protobuf:"bytes,1,opt,name=family"`

	// ScalingTrigger is the use.
	ScalingTrigger `json:",inline" protobuf:"bytes,2,opt,name=scalingTrigger"`
}

// CPUResourceBounds bound the CPUs of a pool.
type CPUResourceBounds struct {
	// minCPUCount is the least number of CPUs.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	// +k8s:maximum=1000000
	MinCPUCount int32 `json:"minCPUCount,omitempty" protobuf:"varint,1,opt,name=minCPUCount"`

	// maxCPUCount is the most CPUs, at least minCPUCount.
	// +required
	// +k8s:required
	// +k8s:minimum=1
	// +k8s:maximum=1000000
	MaxCPUCount int32 `json:"maxCPUCount" protobuf:"varint,2,opt,name=maxCPUCount"`
}

// GPUResourceBounds bound the GPUs of a family in a pool.
type GPUResourceBounds struct {
	// family of the GPUs.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-value
	Family string `json:"family" protobuf:"bytes,1,opt,name=family"`

	// minGPUCount is the least number of GPUs.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	// +k8s:maximum=1000000
	MinGPUCount int32 `json:"minGPUCount,omitempty" protobuf:"varint,2,opt,name=minGPUCount"`

	// maxGPUCount is the most GPUs, at least minGPUCount.
	// +required
	// +k8s:required
	// +k8s:minimum=1
	// +k8s:maximum=1000000
	MaxGPUCount int32 `json:"maxGPUCount" protobuf:"varint,3,opt,name=maxGPUCount"`
}

// ScalingPolicyStatus is what the autoscaler observed.
type ScalingPolicyStatus struct {
	// observedGeneration is the metadata.generation that this status was made from.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty" protobuf:"varint,1,opt,name=observedGeneration"`

	// conditions are the autoscaler's. PrometheusAvailable says whether it can see the use of resources.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchMergeKey=type
	// +patchStrategy=merge
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type" protobuf:"bytes,2,rep,name=conditions"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ScalingPolicyList is a list of ScalingPolicies.
type ScalingPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the ScalingPolicies.
	Items []ScalingPolicy `json:"items" protobuf:"bytes,2,rep,name=items"`
}
