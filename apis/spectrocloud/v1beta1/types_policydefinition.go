// SPDX-License-Identifier: Apache-2.0

package v1beta1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicyDefinition is how a policy of workloads is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type PolicyDefinition struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the PolicyDefinition is meant to be.
	// +optional
	Spec PolicyDefinitionSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// PolicyDefinitionSpec is what a PolicyDefinition is meant to be.
type PolicyDefinitionSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the PolicyDefinition is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// version that people read, for example v1 or v0.0.1.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Version string `json:"version,omitempty" protobuf:"bytes,3,opt,name=version"`

	// schematic is the template.
	// +required
	Schematic Schematic `json:"schematic" protobuf:"bytes,4,opt,name=schematic"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicyDefinitionList is a list of PolicyDefinitions.
type PolicyDefinitionList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the PolicyDefinitions.
	Items []PolicyDefinition `json:"items" protobuf:"bytes,2,rep,name=items"`
}
