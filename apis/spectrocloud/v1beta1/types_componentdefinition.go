// SPDX-License-Identifier: Apache-2.0

package v1beta1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComponentDefinition is how a component is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type ComponentDefinition struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the ComponentDefinition is meant to be.
	// +optional
	Spec ComponentDefinitionSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// ComponentDefinitionSpec is what a ComponentDefinition is meant to be.
type ComponentDefinitionSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the ComponentDefinition is for, at most 4096 characters.
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

	// workload is what the template renders to in the first place.
	// +optional
	// +k8s:optional
	Workload *WorkloadGVK `json:"workload,omitempty" protobuf:"bytes,5,opt,name=workload"`
}

// WorkloadGVK is a kind of object.
type WorkloadGVK struct {
	// apiVersion of the kind.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-key
	APIVersion string `json:"apiVersion" protobuf:"bytes,1,opt,name=apiVersion"`

	// kind is its name.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-value
	Kind string `json:"kind" protobuf:"bytes,2,opt,name=kind"`
}

// Schematic is the template of a definition.
type Schematic struct {
	// cue is the template in CUE.
	// +required
	CUE CUETemplate `json:"cue" protobuf:"bytes,1,opt,name=cue"`
}

// CUETemplate is a template in CUE.
type CUETemplate struct {
	// template is its text, at most 256 Ki characters. The server does not render it.
	// +required
	// +k8s:required
	// +k8s:maxLength=262144
	Template string `json:"template" protobuf:"bytes,1,opt,name=template"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComponentDefinitionList is a list of ComponentDefinitions.
type ComponentDefinitionList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the ComponentDefinitions.
	Items []ComponentDefinition `json:"items" protobuf:"bytes,2,rep,name=items"`
}
