// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComponentDefinition is how a component is rendered: a template in CUE. Those in the system namespace are there for all Projects.
type ComponentDefinition struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec ComponentDefinitionSpec
}

// ComponentDefinitionSpec is what a ComponentDefinition is meant to be.
type ComponentDefinitionSpec struct {
	DisplayName string
	Description string
	Version     string
	Schematic   Schematic
	Workload    *WorkloadGVK
}

// WorkloadGVK is a kind of object.
type WorkloadGVK struct {
	APIVersion string
	Kind       string
}

// Schematic is the template of a definition.
type Schematic struct {
	CUE CUETemplate
}

// CUETemplate is a template in CUE.
type CUETemplate struct {
	Template string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ComponentDefinitionList is a list of ComponentDefinitions.
type ComponentDefinitionList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []ComponentDefinition
}
