// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProfileBundle is what is deployed together: the cluster profiles of Palette that make a cluster, the WorkloadProfiles that
// run in it, or both.
type ProfileBundle struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec ProfileBundleSpec
}

// ProfileBundleType is what a ProfileBundle is for.
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
	DisplayName      string
	Description      string
	Type             ProfileBundleType
	Version          string
	CloudTypes       []string
	ClusterProfiles  []ClusterProfile
	WorkloadProfiles []WorkloadProfileReference
}

// ClusterProfileType is what a cluster profile is for.
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
	Name    string
	Type    ClusterProfileType
	Version string
	UID     string
}

// WorkloadProfileReference names a WorkloadProfile.
type WorkloadProfileReference struct {
	Name      string
	Namespace string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProfileBundleList is a list of ProfileBundles.
type ProfileBundleList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ProfileBundle
}
