// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// WorkloadProfile is a workload that can be deployed: components, each of the type of a ComponentDefinition, with traits and
// policies. It never changes: a change is another revision, or a clone, which is a WorkloadProfile of its own.
type WorkloadProfile struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   WorkloadProfileSpec
	Status WorkloadProfileStatus
}

// WorkloadProfileType is what a WorkloadProfile is for.
type WorkloadProfileType string

const (
	// WorkloadApplication is an application.
	WorkloadApplication WorkloadProfileType = "Application"
	// WorkloadModel serves a model.
	WorkloadModel WorkloadProfileType = "Model"
	// WorkloadInfrastructure is what other workloads need.
	WorkloadInfrastructure WorkloadProfileType = "Infrastructure"
)

// WorkloadProfileSpec is what a workload is. It can't be changed.
type WorkloadProfileSpec struct {
	DisplayName string
	Description string
	Type        WorkloadProfileType
	RevisionOf  *ProfileReference
	Workload    WorkloadTemplate
}

// ProfileReference names a WorkloadProfile in the same namespace.
type ProfileReference struct {
	Name string
}

// WorkloadTemplate is what runs.
type WorkloadTemplate struct {
	Components []Component
	Policies   []Policy
}

// Component is a part of a workload.
type Component struct {
	Name                 string
	Type                 string
	Properties           *runtime.RawExtension
	DefinitionOutputRefs []DefinitionOutputReference
	Traits               []Trait
}

// DefinitionOutputReference gives a name to a field of what a component renders to.
type DefinitionOutputReference struct {
	Name    string
	PathRef PathReference
}

// PathReference is a field of a rendered object.
type PathReference struct {
	APIVersion string
	Kind       string
	Path       string
	Labels     map[string]string
	SkipHash   bool
}

// Trait changes how a component runs.
type Trait struct {
	Type       string
	Properties *runtime.RawExtension
}

// Policy holds for a whole workload.
type Policy struct {
	Name       string
	Type       string
	Properties *runtime.RawExtension
}

// WorkloadProfileStatus is the place of a WorkloadProfile among the revisions of one profile. The server writes it.
type WorkloadProfileStatus struct {
	Lineage  string
	Revision int64
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// WorkloadProfileList is a list of WorkloadProfiles.
type WorkloadProfileList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []WorkloadProfile
}
