// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:method=GetGPUUsage,verb=get,subresource=gpuusage,result=spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1.GPUUsage
// +genclient:method=GetEffectiveSettings,verb=get,subresource=effectivesettings,result=spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1.EffectiveSettings
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Project is a team's workspace under a Tenant. It lives in the namespace of its own name, maps OIDC groups to the
// roles viewer, editor and admin there, and may bound its GPU usage further than its Tenant does.
type Project struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name must equal the namespace, which need not exist yet.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the Project is meant to be.
	// +optional
	Spec ProjectSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is what was last observed of the Project. It is written by the controllers only.
	// +optional
	Status ProjectStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// ProjectSpec is what a Project is meant to be.
type ProjectSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// settingsRef names the Settings whose integrations override the Tenant's. Without a namespace they are looked up in
	// the Project's namespace, then in its Tenant's.
	// +optional
	// +k8s:optional
	SettingsRef *ResourceReference `json:"settingsRef,omitempty" protobuf:"bytes,2,opt,name=settingsRef"`

	// tenantRef names the Tenant that the Project belongs to, for good.
	// +required
	TenantRef TenantReference `json:"tenantRef" protobuf:"bytes,3,opt,name=tenantRef"`

	// computeConfigRef names the default ComputeConfig, in the Project's namespace unless said otherwise.
	// +optional
	// +k8s:optional
	ComputeConfigRef *ResourceReference `json:"computeConfigRef,omitempty" protobuf:"bytes,4,opt,name=computeConfigRef"`

	// roleMapping names the OIDC groups that hold each role in the Project.
	// +optional
	RoleMapping RoleMapping `json:"roleMapping,omitempty" protobuf:"bytes,5,opt,name=roleMapping"`

	// gpuResources are the Project's GPU quotas. No entry may exceed what the Tenant has for the same key.
	// +optional
	GPUResources GPUResources `json:"gpuResources,omitempty" protobuf:"bytes,6,opt,name=gpuResources"`
}

// TenantReference names a Tenant.
type TenantReference struct {
	// name of the Tenant. It can't be changed.
	// +required
	// +k8s:required
	// +k8s:immutable
	// +k8s:format=k8s-short-name
	Name string `json:"name" protobuf:"bytes,1,opt,name=name"`
}

// RoleMapping names the OIDC groups that hold each role in a Project. A group in two of them holds both.
type RoleMapping struct {
	// viewer groups read everything in the Project but Secrets: at most 64, none starting with "system:".
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	Viewer []string `json:"viewer,omitempty" protobuf:"bytes,1,rep,name=viewer"`

	// editor groups manage workloads and what these need: at most 64, none starting with "system:".
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	Editor []string `json:"editor,omitempty" protobuf:"bytes,2,rep,name=editor"`

	// admin groups manage everything in the Project, the Project included: at most 64, none starting with "system:".
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	Admin []string `json:"admin,omitempty" protobuf:"bytes,3,rep,name=admin"`
}

// ProjectStatus is what was last observed of a Project.
type ProjectStatus struct {
	// observedGeneration is the metadata.generation that this status was made from.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty" protobuf:"varint,1,opt,name=observedGeneration"`

	// conditions are NamespaceReady (the Project's namespace exists and is its own), AccessReady (its roles and bindings
	// are as the spec asks) and Ready (all of these).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchMergeKey=type
	// +patchStrategy=merge
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type" protobuf:"bytes,2,rep,name=conditions"`

	// gpuUsage is the number of GPUs in use, per GPU family.
	// +optional
	GPUUsage GPUCounts `json:"gpuUsage,omitempty" protobuf:"bytes,3,rep,name=gpuUsage,casttype=GPUCounts"`

	// tenantGroups are the groups that manage the Project's Tenant, sorted. Their members see the Project, like those of the
	// groups that its own role mapping names.
	// +optional
	// +listType=atomic
	TenantGroups []string `json:"tenantGroups,omitempty" protobuf:"bytes,4,rep,name=tenantGroups"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProjectList is a list of Projects.
type ProjectList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the Projects.
	Items []Project `json:"items" protobuf:"bytes,2,rep,name=items"`
}
