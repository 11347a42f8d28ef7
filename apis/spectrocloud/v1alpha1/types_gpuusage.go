// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// GPUUsage is how the GPUs of a Tenant or a Project are used at this moment: the subresource gpuusage of either. It is
// computed when it is read, and is never stored.
type GPUUsage struct {
	metav1.TypeMeta `json:",inline"`
	// metadata holds the name, namespace, uid and creation time of the Tenant or Project; its resourceVersion is the moment that
	// the figures are of.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// families are the GPU families that are used, waited for or limited, by name. Those of a Tenant are the sums of its
	// Projects.
	// +optional
	// +listType=map
	// +listMapKey=family
	Families []FamilyUsage `json:"families,omitempty" protobuf:"bytes,2,rep,name=families"`

	// projects are the Projects of a Tenant, by name.
	// +optional
	// +listType=map
	// +listMapKey=name
	Projects []ProjectUsage `json:"projects,omitempty" protobuf:"bytes,3,rep,name=projects"`
}

// FamilyUsage is how the GPUs of one family are used.
type FamilyUsage struct {
	// family of the GPUs. Default stands for every family that is not listed.
	Family string `json:"family" protobuf:"bytes,1,opt,name=family"`

	// limit is the most that may be in use at once; absent where nothing restricts it.
	// +optional
	Limit *int64 `json:"limit,omitempty" protobuf:"varint,2,opt,name=limit"`

	// used is what is in use.
	Used int64 `json:"used" protobuf:"varint,3,opt,name=used"`

	// pending is what waiting requests ask for.
	Pending int64 `json:"pending" protobuf:"varint,4,opt,name=pending"`

	// available is the most that may still be had: never negative, absent where nothing restricts it.
	// +optional
	Available *int64 `json:"available,omitempty" protobuf:"varint,5,opt,name=available"`

	// requestLimit is the most that one request may ask for; absent where nothing restricts it.
	// +optional
	RequestLimit *int64 `json:"requestLimit,omitempty" protobuf:"varint,6,opt,name=requestLimit"`
}

// ProjectUsage is how the GPUs of one Project are used.
type ProjectUsage struct {
	// name of the Project.
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// families are the GPU families that are used, waited for or limited in the Project, by name.
	// +optional
	// +listType=map
	// +listMapKey=family
	Families []FamilyUsage `json:"families,omitempty" protobuf:"bytes,2,rep,name=families"`
}
