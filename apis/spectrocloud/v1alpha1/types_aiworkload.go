// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AIWorkload is an App Deployment in a Project, or a Model Deployment if it has the label palette.ai/aiworkload-type: model.
// It runs on a ComputePool, or asks for GPUs itself and holds them, or waits for them while the quotas of the Project or
// its Tenant leave no room.
type AIWorkload struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the AIWorkload is meant to be.
	// +optional
	Spec AIWorkloadSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is what was decided on the AIWorkload's GPUs, and what its provisioner observed.
	// +optional
	Status ConsumerStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// AIWorkloadSpec is what an AIWorkload is meant to be.
type AIWorkloadSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the workload is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// profileBundleRef names the ProfileBundle to deploy.
	// +optional
	// +k8s:optional
	ProfileBundleRef *ProfileBundleReference `json:"profileBundleRef,omitempty" protobuf:"bytes,3,opt,name=profileBundleRef"`

	// computePoolRef names the ComputePool that the workload runs on, for good. Its GPUs are then the pool's, and are not
	// charged again.
	// +optional
	// +k8s:optional
	ComputePoolRef *LocalReference `json:"computePoolRef,omitempty" protobuf:"bytes,4,opt,name=computePoolRef"`

	// gpuRequests are the GPUs that the workload asks for, at least 1 of each GPU family it lists.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:minLength=1
	// +k8s:eachKey=+k8s:format=k8s-label-value
	// +k8s:eachVal=+k8s:minimum=1
	// +k8s:eachVal=+k8s:maximum=1000000
	GPURequests GPUCounts `json:"gpuRequests,omitempty" protobuf:"bytes,5,rep,name=gpuRequests,casttype=GPUCounts"`

	// clusterVariant is a dedicated cluster of the workload's own, instead of a ComputePool. The GPUs of its worker pools
	// take the place of gpuRequests.
	// +optional
	// +k8s:optional
	ClusterVariant *ClusterVariant `json:"clusterVariant,omitempty" protobuf:"bytes,6,opt,name=clusterVariant"`

	// suspend gives the workload's GPUs back, or leaves the queue for them, until it is false again.
	// +optional
	Suspend bool `json:"suspend" protobuf:"varint,7,opt,name=suspend"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AIWorkloadList is a list of AIWorkloads.
type AIWorkloadList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the AIWorkloads.
	Items []AIWorkload `json:"items" protobuf:"bytes,2,rep,name=items"`
}
