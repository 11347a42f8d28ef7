// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicyDefinition is how a policy of workloads is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type PolicyDefinition struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec PolicyDefinitionSpec
}

// PolicyDefinitionSpec is what a PolicyDefinition is meant to be.
type PolicyDefinitionSpec struct {
	DisplayName string
	Description string
	Version     string
	Schematic   Schematic
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicyDefinitionList is a list of PolicyDefinitions.
type PolicyDefinitionList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []PolicyDefinition
}
