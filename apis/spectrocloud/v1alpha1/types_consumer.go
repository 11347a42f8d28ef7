// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConsumerPhase says where a ComputePool or an AIWorkload stands.
// +enum
type ConsumerPhase string

const (
	// ConsumerPending waits for GPUs.
	ConsumerPending ConsumerPhase = "Pending"
	// ConsumerSuspended neither holds GPUs nor waits for any.
	ConsumerSuspended ConsumerPhase = "Suspended"
	// ConsumerAdmitted holds what it asked for and may be provisioned.
	ConsumerAdmitted ConsumerPhase = "Admitted"
	// ConsumerProvisioning is admitted and being provisioned.
	ConsumerProvisioning ConsumerPhase = "Provisioning"
	// ConsumerRunning is admitted and running.
	ConsumerRunning ConsumerPhase = "Running"
	// ConsumerFailed is admitted, and its provisioning or running failed.
	ConsumerFailed ConsumerPhase = "Failed"
)

// ConsumerStatus is what was decided on the GPUs of a ComputePool or an AIWorkload, and what its provisioner observed.
type ConsumerStatus struct {
	// observedGeneration is the metadata.generation that was decided on.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty" protobuf:"varint,1,opt,name=observedGeneration"`

	// phase is Pending while it waits for GPUs, Suspended where spec.suspend asks for that, else Admitted, which a
	// provisioner may take further: to Provisioning, Running or Failed.
	// +optional
	Phase ConsumerPhase `json:"phase,omitempty" protobuf:"bytes,2,opt,name=phase,casttype=ConsumerPhase"`

	// conditions hold QuotaReserved, which says whether it holds the GPUs that it asks for, and if not why; others are the
	// provisioner's.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchMergeKey=type
	// +patchStrategy=merge
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type" protobuf:"bytes,3,rep,name=conditions"`

	// gpuUsage is the number of GPUs that it holds, per GPU family.
	// +optional
	GPUUsage GPUCounts `json:"gpuUsage,omitempty" protobuf:"bytes,4,rep,name=gpuUsage,casttype=GPUCounts"`
}

// ProfileBundleReference names the ProfileBundle to deploy.
type ProfileBundleReference struct {
	// name of the ProfileBundle.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// namespace of the ProfileBundle: the Project's own (the default), its Tenant's or the system namespace.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-short-name
	Namespace string `json:"namespace,omitempty" protobuf:"bytes,2,opt,name=namespace"`

	// cloudType is the type of cloud that the bundle is for, for example edge-native.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	CloudType string `json:"cloudType,omitempty" protobuf:"bytes,3,opt,name=cloudType"`
}

// LocalReference names an object in the same namespace.
type LocalReference struct {
	// name of the object.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`
}
