// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputePool is one cluster for a single workload (dedicated), or any number of clusters for many (shared), in a Project.
// It holds the GPUs of its worker pools, or waits for them while the quotas of the Project or its Tenant leave no room.
type ComputePool struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name has 3 to 33 characters, lowercase letters, digits and "-"; it begins
	// with a letter and ends with a letter or a digit.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the ComputePool is meant to be.
	// +optional
	Spec ComputePoolSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is what was decided on the ComputePool's GPUs, and what its provisioner observed.
	// +optional
	Status ConsumerStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// ComputePoolSpec is what a ComputePool is meant to be.
type ComputePoolSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the pool is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// profileBundleRef names the ProfileBundle that the clusters are made from, of type Infrastructure or Fullstack.
	// +optional
	// +k8s:optional
	ProfileBundleRef *ProfileBundleReference `json:"profileBundleRef,omitempty" protobuf:"bytes,3,opt,name=profileBundleRef"`

	// clusterVariant says whether the pool is dedicated or shared, which can't be changed, and what nodes it needs.
	// +required
	ClusterVariant ClusterVariant `json:"clusterVariant" protobuf:"bytes,4,opt,name=clusterVariant"`

	// scalingPolicyRef names the ScalingPolicy, in the Project's namespace unless said otherwise.
	// +optional
	// +k8s:optional
	ScalingPolicyRef *ResourceReference `json:"scalingPolicyRef,omitempty" protobuf:"bytes,5,opt,name=scalingPolicyRef"`

	// networkIsolation sets the nodes apart in the network.
	// +optional
	// +k8s:optional
	NetworkIsolation *NetworkIsolation `json:"networkIsolation,omitempty" protobuf:"bytes,6,opt,name=networkIsolation"`

	// suspend gives the pool's GPUs back, or leaves the queue for them, until it is false again.
	// +optional
	Suspend bool `json:"suspend" protobuf:"varint,7,opt,name=suspend"`
}

// NetworkIsolationProvider is a product that sets nodes apart in the network.
// +enum
// +k8s:enum
type NetworkIsolationProvider string

const (
	// NetworkIsolationEDA is Nokia's Event-Driven Automation.
	NetworkIsolationEDA NetworkIsolationProvider = "EDA"
	// NetworkIsolationAviz is Aviz Networks'.
	NetworkIsolationAviz NetworkIsolationProvider = "Aviz"
)

// NetworkIsolation is how the nodes of a ComputePool are set apart in the network.
type NetworkIsolation struct {
	// provider of the isolation.
	// +required
	// +k8s:required
	Provider NetworkIsolationProvider `json:"provider" protobuf:"bytes,1,opt,name=provider,casttype=NetworkIsolationProvider"`

	// eda is the network where provider is EDA.
	// +optional
	// +k8s:optional
	EDA *EDANetwork `json:"eda,omitempty" protobuf:"bytes,2,opt,name=eda"`
}

// EDANetwork is a network of provider EDA.
type EDANetwork struct {
	// edaVirtualNetwork is the name of the virtual network.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	EDAVirtualNetwork string `json:"edaVirtualNetwork,omitempty" protobuf:"bytes,1,opt,name=edaVirtualNetwork"`

	// subnet is the name of the subnet in the virtual network.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Subnet string `json:"subnet,omitempty" protobuf:"bytes,2,opt,name=subnet"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputePoolList is a list of ComputePools.
type ComputePoolList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the ComputePools.
	Items []ComputePool `json:"items" protobuf:"bytes,2,rep,name=items"`
}
