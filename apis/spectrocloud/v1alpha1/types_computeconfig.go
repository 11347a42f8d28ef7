// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputeConfig holds the defaults of the clusters that are deployed for a Project.
type ComputeConfig struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the ComputeConfig is meant to be.
	// +optional
	Spec ComputeConfigSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// ComputeConfigSpec is what a ComputeConfig is meant to be.
type ComputeConfigSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the ComputeConfig is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// paletteClusterConfig is how Palette deploys clusters.
	// +optional
	PaletteClusterConfig PaletteClusterConfig `json:"paletteClusterConfig,omitempty" protobuf:"bytes,3,opt,name=paletteClusterConfig"`
}

// PaletteClusterConfig is how Palette deploys clusters.
type PaletteClusterConfig struct {
	// defaults are what a ComputePool or an AIWorkload gets where it does not say.
	// +required
	Defaults PaletteClusterDefaults `json:"defaults" protobuf:"bytes,1,opt,name=defaults"`
}

// PaletteClusterDefaults are what a cluster gets where its own configuration does not say.
type PaletteClusterDefaults struct {
	// controlPlanePool are the nodes of the control plane. A cluster of a single node has nodeCount 1 and workerNodeEligible true.
	// +required
	ControlPlanePool ControlPlanePool `json:"controlPlanePool" protobuf:"bytes,1,opt,name=controlPlanePool"`

	// workerPools are the pools of worker nodes, at most 64, each with a name of its own.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	WorkerPools []WorkerPool `json:"workerPools,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,2,rep,name=workerPools"`

	// sshKeys are the public keys that may log in to the nodes: at most 64, each a line in the form of authorized_keys.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=8192
	SSHKeys []string `json:"sshKeys,omitempty" protobuf:"bytes,3,rep,name=sshKeys"`

	// edge are the settings of clusters at the edge.
	// +optional
	// +k8s:optional
	Edge *EdgeDefaults `json:"edge,omitempty" protobuf:"bytes,4,opt,name=edge"`
}

// EdgeDefaults are the settings of clusters at the edge.
type EdgeDefaults struct {
	// ntpServers are the hosts that nodes take the time from, at most 64.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	NTPServers []string `json:"ntpServers,omitempty" protobuf:"bytes,1,rep,name=ntpServers"`

	// networkOverlayConfig is a network above the nodes' own.
	// +optional
	// +k8s:optional
	NetworkOverlayConfig *NetworkOverlayConfig `json:"networkOverlayConfig,omitempty" protobuf:"bytes,2,opt,name=networkOverlayConfig"`

	// isTwoNode makes clusters of two nodes that stand in for each other.
	// +optional
	IsTwoNode bool `json:"isTwoNode,omitempty" protobuf:"varint,3,opt,name=isTwoNode"`
}

// OverlayNetworkType is how an overlay carries packets.
// +enum
// +k8s:enum
type OverlayNetworkType string

// OverlayVXLAN carries packets in VXLAN.
const OverlayVXLAN OverlayNetworkType = "VXLAN"

// NetworkOverlayConfig is a network above the nodes' own.
type NetworkOverlayConfig struct {
	// enabled makes the overlay.
	// +optional
	Enabled bool `json:"enabled,omitempty" protobuf:"varint,1,opt,name=enabled"`

	// staticIp gives nodes addresses that stay.
	// +optional
	StaticIP bool `json:"staticIp,omitempty" protobuf:"varint,2,opt,name=staticIp"`

	// cidr is the overlay's range of addresses. It has to be given where the overlay is enabled.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=49
	CIDR string `json:"cidr,omitempty" protobuf:"bytes,3,opt,name=cidr"`

	// overlayNetworkType is how it carries packets.
	// +optional
	// +k8s:optional
	OverlayNetworkType OverlayNetworkType `json:"overlayNetworkType,omitempty" protobuf:"bytes,4,opt,name=overlayNetworkType,casttype=OverlayNetworkType"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputeConfigList is a list of ComputeConfigs.
type ComputeConfigList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the ComputeConfigs.
	Items []ComputeConfig `json:"items" protobuf:"bytes,2,rep,name=items"`
}
