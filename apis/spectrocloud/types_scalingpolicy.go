// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ScalingPolicy says when the worker pools of a ComputePool grow and shrink: by the use of CPUs, of GPUs per family, or both.
type ScalingPolicy struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   ScalingPolicySpec
	Status ScalingPolicyStatus
}

// ScalingPolicySpec is what a ScalingPolicy is meant to be.
type ScalingPolicySpec struct {
	DisplayName       string
	Description       string
	CPU               *ScalingTrigger
	CPUResourceBounds *CPUResourceBounds
	GPU               []GPUScalingTrigger
	GPUResourceBounds []GPUResourceBounds
	CooldownDuration  string
	AbortDuration     string
}

// ScalingTrigger says at what use of a resource a pool is scaled.
type ScalingTrigger struct {
	ScaleUpThreshold   *int32
	ScaleDownThreshold *int32
	ScaleUpDuration    string
	ScaleDownDuration  string
}

// GPUScalingTrigger says at what use of the GPUs of a family a pool is scaled.
type GPUScalingTrigger struct {
	Family string
	ScalingTrigger
}

// CPUResourceBounds bound the CPUs of a pool.
type CPUResourceBounds struct {
	MinCPUCount int32
	MaxCPUCount int32
}

// GPUResourceBounds bound the GPUs of a family in a pool.
type GPUResourceBounds struct {
	Family      string
	MinGPUCount int32
	MaxGPUCount int32
}

// ScalingPolicyStatus is what the autoscaler observed.
type ScalingPolicyStatus struct {
	ObservedGeneration int64
	Conditions         []metav1.Condition
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ScalingPolicyList is a list of ScalingPolicies.
type ScalingPolicyList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ScalingPolicy
}
