// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputePool is one cluster (dedicated) or several (shared) for the workloads of a Project.
type ComputePool struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   ComputePoolSpec
	Status ConsumerStatus
}

// ComputePoolSpec is what a ComputePool is meant to be.
type ComputePoolSpec struct {
	DisplayName      string
	Description      string
	ProfileBundleRef *ProfileBundleReference
	ClusterVariant   ClusterVariant
	ScalingPolicyRef *ResourceReference
	NetworkIsolation *NetworkIsolation
	Suspend          bool
}

// NetworkIsolation is how the nodes of a ComputePool are set apart in the network.
type NetworkIsolation struct {
	Provider string
	EDA      *EDANetwork
}

// EDANetwork is a network of provider EDA.
type EDANetwork struct {
	EDAVirtualNetwork string
	Subnet            string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputePoolList is a list of ComputePools.
type ComputePoolList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ComputePool
}
