// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TraitDefinition is how a trait of components is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type TraitDefinition struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec TraitDefinitionSpec
}

// TraitDefinitionSpec is what a TraitDefinition is meant to be.
type TraitDefinitionSpec struct {
	DisplayName        string
	Description        string
	Version            string
	Schematic          Schematic
	AppliesToWorkloads []string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TraitDefinitionList is a list of TraitDefinitions.
type TraitDefinitionList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []TraitDefinition
}
