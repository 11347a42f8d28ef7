// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputeConfig holds the defaults of the clusters that are deployed for a Project.
type ComputeConfig struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec ComputeConfigSpec
}

// ComputeConfigSpec is what a ComputeConfig is meant to be.
type ComputeConfigSpec struct {
	DisplayName          string
	Description          string
	PaletteClusterConfig PaletteClusterConfig
}

// PaletteClusterConfig is how Palette deploys clusters.
type PaletteClusterConfig struct {
	Defaults PaletteClusterDefaults
}

// PaletteClusterDefaults are what a cluster gets where its own configuration does not say.
type PaletteClusterDefaults struct {
	ControlPlanePool ControlPlanePool
	WorkerPools      []WorkerPool
	SSHKeys          []string
	Edge             *EdgeDefaults
}

// EdgeDefaults are the settings of clusters at the edge.
type EdgeDefaults struct {
	NTPServers           []string
	NetworkOverlayConfig *NetworkOverlayConfig
	IsTwoNode            bool
}

// OverlayNetworkType is how an overlay carries packets.
type OverlayNetworkType string

// OverlayVXLAN carries packets in VXLAN.
const OverlayVXLAN OverlayNetworkType = "VXLAN"

// NetworkOverlayConfig is a network above the nodes' own.
type NetworkOverlayConfig struct {
	Enabled            bool
	StaticIP           bool
	CIDR               string
	OverlayNetworkType OverlayNetworkType
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComputeConfigList is a list of ComputeConfigs.
type ComputeConfigList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ComputeConfig
}
