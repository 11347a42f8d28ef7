// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "fmt"

// ResourceReference names an object that may live in another namespace.
type ResourceReference struct {
	// name of the object.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// namespace of the object. Only the Project's own, its Tenant's and the system namespace may be named.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-short-name
	Namespace string `json:"namespace,omitempty" protobuf:"bytes,2,opt,name=namespace"`
}

// GPUCounts is a number of GPUs per GPU family, for example NVIDIA-A100. The key Default stands for every family that
// the same map does not list.
// +protobuf.nullable=true
// +protobuf.options.(gogoproto.goproto_stringer)=false
type GPUCounts map[string]int32

// String lists the counts by family name.
func (c GPUCounts) String() string { return fmt.Sprint(map[string]int32(c)) }

// GPUResources are GPU quotas, per GPU family.
type GPUResources struct {
	// limits are the most GPUs of a family that may be in use at once. A family that neither the Project nor its Tenant
	// limits is unrestricted. A Project's entry may not exceed its Tenant's.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:minLength=1
	// +k8s:eachKey=+k8s:format=k8s-label-value
	// +k8s:eachVal=+k8s:minimum=0
	// +k8s:eachVal=+k8s:maximum=1000000
	Limits GPUCounts `json:"limits,omitempty" protobuf:"bytes,1,rep,name=limits,casttype=GPUCounts"`

	// requests are the most GPUs of a family that one App Deployment, Model Deployment or Compute Pool may ask for.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:minLength=1
	// +k8s:eachKey=+k8s:format=k8s-label-value
	// +k8s:eachVal=+k8s:minimum=0
	// +k8s:eachVal=+k8s:maximum=1000000
	Requests GPUCounts `json:"requests,omitempty" protobuf:"bytes,2,rep,name=requests,casttype=GPUCounts"`
}
