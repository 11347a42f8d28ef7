// SPDX-License-Identifier: Apache-2.0

package v1beta1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProfileBundle is what is deployed together: the cluster profiles of Palette that make a cluster, the WorkloadProfiles that
// run in it, or both.
type ProfileBundle struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the ProfileBundle is meant to be.
	// +optional
	Spec ProfileBundleSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// ProfileBundleType is what a ProfileBundle is for.
// +enum
// +k8s:enum
type ProfileBundleType string

const (
	// BundleInfrastructure makes a cluster.
	BundleInfrastructure ProfileBundleType = "Infrastructure"
	// BundleApplication runs applications in a cluster that is there.
	BundleApplication ProfileBundleType = "Application"
	// BundleFullstack makes a cluster and runs applications in it.
	BundleFullstack ProfileBundleType = "Fullstack"
	// BundleModel serves a model.
	BundleModel ProfileBundleType = "Model"
)

// ProfileBundleSpec is what a ProfileBundle is meant to be.
type ProfileBundleSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the ProfileBundle is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// type is what the bundle is for. It can't be changed.
	// +required
	// +k8s:required
	// +k8s:immutable
	Type ProfileBundleType `json:"type" protobuf:"bytes,3,opt,name=type,casttype=ProfileBundleType"`

	// version that people read, for example v1 or v0.0.1.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Version string `json:"version,omitempty" protobuf:"bytes,4,opt,name=version"`

	// cloudTypes are the types of cloud that the bundle can be deployed to, for example edge-native: at most 64.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:format=k8s-label-value
	CloudTypes []string `json:"cloudTypes,omitempty" protobuf:"bytes,5,rep,name=cloudTypes"`

	// clusterProfiles are Palette's: at most 64, each with a name of its own, and only one of them not an AddOn. Bundles of type
	// Application and Model have none but add-ons.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	ClusterProfiles []ClusterProfile `json:"clusterProfiles,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,6,rep,name=clusterProfiles"`

	// workloadProfiles are what runs: at most 64, each with a name of its own. Bundles of type Infrastructure have none.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	WorkloadProfiles []WorkloadProfileReference `json:"workloadProfiles,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,7,rep,name=workloadProfiles"`
}

// ClusterProfileType is what a cluster profile is for.
// +enum
// +k8s:enum
type ClusterProfileType string

const (
	// ClusterProfileInfrastructure is the operating system, Kubernetes, network and storage of a cluster.
	ClusterProfileInfrastructure ClusterProfileType = "Infrastructure"
	// ClusterProfileFull is all of a cluster.
	ClusterProfileFull ClusterProfileType = "Full"
	// ClusterProfileAddOn is put on top.
	ClusterProfileAddOn ClusterProfileType = "AddOn"
)

// ClusterProfile is one of Palette's.
type ClusterProfile struct {
	// name of the cluster profile.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// type is what it is for.
	// +required
	// +k8s:required
	Type ClusterProfileType `json:"type" protobuf:"bytes,2,opt,name=type,casttype=ClusterProfileType"`

	// version of the cluster profile; the latest if empty.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Version string `json:"version,omitempty" protobuf:"bytes,3,opt,name=version"`

	// uid that Palette knows it by.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-label-value
	UID string `json:"uid,omitempty" protobuf:"bytes,4,opt,name=uid"`
}

// WorkloadProfileReference names a WorkloadProfile.
type WorkloadProfileReference struct {
	// name of the WorkloadProfile.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// namespace of the WorkloadProfile: the bundle's own (the default) or the system namespace.
	// +optional
	// +k8s:optional
	// +k8s:format=k8s-short-name
	Namespace string `json:"namespace,omitempty" protobuf:"bytes,2,opt,name=namespace"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProfileBundleList is a list of ProfileBundles.
type ProfileBundleList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the ProfileBundles.
	Items []ProfileBundle `json:"items" protobuf:"bytes,2,rep,name=items"`
}
