// SPDX-License-Identifier: Apache-2.0

package v1beta1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// VariableSet holds the variables of a Project, which templates and profiles refer to by name.
type VariableSet struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the VariableSet is meant to be.
	// +optional
	Spec VariableSetSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`
}

// VariableSetSpec is what a VariableSet is meant to be.
type VariableSetSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the VariableSet is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// variables are at most 1024, each with a name of its own.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=1024
	Variables []Variable `json:"variables,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,3,rep,name=variables"`
}

// Variable is a value with a name.
type Variable struct {
	// name of the variable: a letter or underscore, then letters, digits and underscores.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// description is what the variable is for, at most 1024 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// value of the variable, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Value string `json:"value,omitempty" protobuf:"bytes,3,opt,name=value"`

	// secretRef names where the value is, instead of value, if it is not for everybody to read.
	// +optional
	// +k8s:optional
	SecretRef *VariableSecretReference `json:"secretRef,omitempty" protobuf:"bytes,4,opt,name=secretRef"`
}

// VariableSecretReference names a key of a Secret in the same namespace. The server never reads it.
type VariableSecretReference struct {
	// name of the Secret.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// key in the Secret's data.
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Key string `json:"key" protobuf:"bytes,2,opt,name=key"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// VariableSetList is a list of VariableSets.
type VariableSetList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the VariableSets.
	Items []VariableSet `json:"items" protobuf:"bytes,2,rep,name=items"`
}
