// SPDX-License-Identifier: Apache-2.0

package v1beta1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TraitDefinition is how a trait of components is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type TraitDefinition struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the TraitDefinition is meant to be.
	// +optional
	Spec TraitDefinitionSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// TraitDefinitionSpec is what a TraitDefinition is meant to be.
type TraitDefinitionSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the TraitDefinition is for, at most 4096 characters.
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

	// appliesToWorkloads are the types of component that the trait can be put on: at most 64, all if empty.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	AppliesToWorkloads []string `json:"appliesToWorkloads,omitempty" protobuf:"bytes,5,rep,name=appliesToWorkloads"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TraitDefinitionList is a list of TraitDefinitions.
type TraitDefinitionList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the TraitDefinitions.
	Items []TraitDefinition `json:"items" protobuf:"bytes,2,rep,name=items"`
}
