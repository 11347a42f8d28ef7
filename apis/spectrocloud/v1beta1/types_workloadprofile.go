// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// +genclient
// +genclient:noStatus
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// WorkloadProfile is a workload that can be deployed: components, each of the type of a ComponentDefinition, with traits and
// policies. It never changes: a change is another revision, or a clone, which is a WorkloadProfile of its own.
type WorkloadProfile struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the workload is, for good.
	// +optional
	Spec WorkloadProfileSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is the profile's place among the revisions of its lineage.
	// +optional
	Status WorkloadProfileStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// WorkloadProfileType is what a WorkloadProfile is for.
// +enum
// +k8s:enum
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
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// description is what the WorkloadProfile is for, at most 4096 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=4096
	Description string `json:"description,omitempty" protobuf:"bytes,2,opt,name=description"`

	// type is what the workload is for.
	// +required
	// +k8s:required
	Type WorkloadProfileType `json:"type" protobuf:"bytes,3,opt,name=type,casttype=WorkloadProfileType"`

	// revisionOf names a WorkloadProfile of the same namespace that this one is a newer revision of. The server numbers the
	// revisions of a profile in the order of their creation; a number is given once.
	// +optional
	// +k8s:optional
	RevisionOf *ProfileReference `json:"revisionOf,omitempty" protobuf:"bytes,4,opt,name=revisionOf"`

	// workload is what runs.
	// +optional
	Workload WorkloadTemplate `json:"workload,omitempty" protobuf:"bytes,5,opt,name=workload"`
}

// ProfileReference names a WorkloadProfile in the same namespace.
type ProfileReference struct {
	// name of the WorkloadProfile.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`
}

// WorkloadTemplate is what runs.
type WorkloadTemplate struct {
	// components are the parts of the workload: 1 to 64, each with a name of its own.
	// +required
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:required
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	Components []Component `json:"components" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,1,rep,name=components"`

	// policies hold for the whole workload: at most 64, each with a name of its own.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	Policies []Policy `json:"policies,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,2,rep,name=policies"`
}

// Component is a part of a workload.
type Component struct {
	// name of the component, unique in its workload.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// type is the name of a ComponentDefinition in the same namespace, or else in the system namespace.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Type string `json:"type" protobuf:"bytes,2,opt,name=type"`

	// properties are what the definition's template takes: a JSON object.
	// +optional
	Properties *runtime.RawExtension `json:"properties,omitempty" protobuf:"bytes,3,opt,name=properties"`

	// definitionOutputRefs give names to fields of what the component renders to: at most 64, each with a name of its own.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +patchMergeKey=name
	// +patchStrategy=merge
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	DefinitionOutputRefs []DefinitionOutputReference `json:"definitionOutputRefs,omitempty" patchStrategy:"merge" patchMergeKey:"name" protobuf:"bytes,4,rep,name=definitionOutputRefs"`

	// traits change how the component runs: at most 64.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:maxItems=64
	Traits []Trait `json:"traits,omitempty" protobuf:"bytes,5,rep,name=traits"`
}

// DefinitionOutputReference gives a name to a field of what a component renders to.
type DefinitionOutputReference struct {
	// name that others refer to the value by, unique in its component.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// pathRef says which field.
	// +required
	PathRef PathReference `json:"pathRef" protobuf:"bytes,2,opt,name=pathRef"`
}

// PathReference is a field of a rendered object.
type PathReference struct {
	// apiVersion of the object.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-key
	APIVersion string `json:"apiVersion" protobuf:"bytes,1,opt,name=apiVersion"`

	// kind of the object.
	// +required
	// +k8s:required
	// +k8s:format=k8s-label-value
	Kind string `json:"kind" protobuf:"bytes,2,opt,name=kind"`

	// path of the field, for example .status.loadBalancer.ingress[0].ip.
	// +required
	// +k8s:required
	// +k8s:maxLength=1024
	Path string `json:"path" protobuf:"bytes,3,opt,name=path"`

	// labels that the object has, at most 64; any object of the kind if empty.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	// +k8s:eachKey=+k8s:format=k8s-label-key
	// +k8s:eachVal=+k8s:format=k8s-label-value
	Labels map[string]string `json:"labels,omitempty" protobuf:"bytes,4,rep,name=labels"`

	// skipHash leaves the value out of what decides whether the workload is deployed anew.
	// +optional
	SkipHash bool `json:"skipHash,omitempty" protobuf:"varint,5,opt,name=skipHash"`
}

// Trait changes how a component runs.
type Trait struct {
	// type is the name of a TraitDefinition in the same namespace, or else in the system namespace.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Type string `json:"type" protobuf:"bytes,1,opt,name=type"`

	// properties are what the definition's template takes: a JSON object.
	// +optional
	Properties *runtime.RawExtension `json:"properties,omitempty" protobuf:"bytes,2,opt,name=properties"`
}

// Policy holds for a whole workload.
type Policy struct {
	// name of the policy, unique in its workload.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`

	// type is the name of a PolicyDefinition in the same namespace, or else in the system namespace.
	// +required
	// +k8s:required
	// +k8s:format=k8s-long-name
	Type string `json:"type" protobuf:"bytes,2,opt,name=type"`

	// properties are what the definition's template takes: a JSON object.
	// +optional
	Properties *runtime.RawExtension `json:"properties,omitempty" protobuf:"bytes,3,opt,name=properties"`
}

// WorkloadProfileStatus is the place of a WorkloadProfile among the revisions of one profile. The server writes it.
type WorkloadProfileStatus struct {
	// lineage is the name of the first revision: what all revisions of a profile have in common.
	// +optional
	Lineage string `json:"lineage,omitempty" protobuf:"bytes,1,opt,name=lineage"`

	// revision is its number, counted from 1 in the order of creation. It is given once, to no other revision later.
	// +optional
	Revision int64 `json:"revision,omitempty" protobuf:"varint,2,opt,name=revision"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// WorkloadProfileList is a list of WorkloadProfiles.
type WorkloadProfileList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the WorkloadProfiles.
	Items []WorkloadProfile `json:"items" protobuf:"bytes,2,rep,name=items"`
}
