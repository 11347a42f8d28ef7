// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// VariableSet holds the variables of a Project, which templates and profiles refer to by name.
type VariableSet struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec VariableSetSpec
}

// VariableSetSpec is what a VariableSet is meant to be.
type VariableSetSpec struct {
	DisplayName string
	Description string
	Variables   []Variable
}

// Variable is a value with a name.
type Variable struct {
	Name        string
	Description string
	Value       string
	SecretRef   *VariableSecretReference
}

// VariableSecretReference names a key of a Secret in the same namespace. The server never reads it.
type VariableSecretReference struct {
	Name string
	Key  string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// VariableSetList is a list of VariableSets.
type VariableSetList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []VariableSet
}
