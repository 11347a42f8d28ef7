// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AIWorkload is an App Deployment, or a Model Deployment where its label says so.
type AIWorkload struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   AIWorkloadSpec
	Status ConsumerStatus
}

// AIWorkloadSpec is what an AIWorkload is meant to be.
type AIWorkloadSpec struct {
	DisplayName      string
	Description      string
	ProfileBundleRef *ProfileBundleReference
	// ComputePoolRef is the pool that it runs on; its GPUs are the pool's, and charged to that.
	ComputePoolRef *LocalReference
	GPURequests    GPUCounts
	// ClusterVariant is a cluster of its own, read like a ComputePool's.
	ClusterVariant *ClusterVariant
	Suspend        bool
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AIWorkloadList is a list of AIWorkloads.
type AIWorkloadList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []AIWorkload
}
