// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:nonNamespaced
// +genclient:method=GetGPUUsage,verb=get,subresource=gpuusage,result=spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1.GPUUsage
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Tenant is an organization, or a major division of one, that shares the cluster. It owns a namespace of its own name
// and any number of Projects, bounds their GPU usage, and names the OIDC groups that manage all of them.
type Tenant struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name is also that of the Tenant's namespace, so it must be a DNS label.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// spec is what the Tenant is meant to be.
	// +optional
	Spec TenantSpec `json:"spec,omitempty" protobuf:"bytes,2,opt,name=spec"`

	// status is what was last observed of the Tenant. It is written by the controllers only.
	// +optional
	Status TenantStatus `json:"status,omitempty" protobuf:"bytes,3,opt,name=status"`
}

// TenantSpec is what a Tenant is meant to be.
type TenantSpec struct {
	// displayName is the name that people read, at most 253 characters.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	DisplayName string `json:"displayName,omitempty" protobuf:"bytes,1,opt,name=displayName"`

	// settingsRef names the Settings that hold the Tenant's integrations, in the Tenant's namespace (the default) or the
	// system namespace.
	// +optional
	// +k8s:optional
	SettingsRef *ResourceReference `json:"settingsRef,omitempty" protobuf:"bytes,2,opt,name=settingsRef"`

	// tenantRoleMapping names who manages the Tenant and every Project in it.
	// +optional
	TenantRoleMapping TenantRoleMapping `json:"tenantRoleMapping,omitempty" protobuf:"bytes,3,opt,name=tenantRoleMapping"`

	// gpuResources are the GPU quotas that hold for all Projects of the Tenant together (limits) and for each request in
	// any of them (requests).
	// +optional
	GPUResources GPUResources `json:"gpuResources,omitempty" protobuf:"bytes,4,opt,name=gpuResources"`

	// isolation says what hems in the namespaces of the Tenant and of its Projects. What is not set is strict.
	// +optional
	Isolation TenantIsolation `json:"isolation,omitempty" protobuf:"bytes,5,opt,name=isolation"`
}

// TenantRoleMapping names who manages a Tenant and every Project in it.
type TenantRoleMapping struct {
	// groups are OIDC groups: at most 64, none starting with "system:".
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	// +k8s:eachVal=+k8s:minLength=1
	// +k8s:eachVal=+k8s:maxLength=253
	Groups []string `json:"groups,omitempty" protobuf:"bytes,1,rep,name=groups"`
}

// TenantStatus is what was last observed of a Tenant.
type TenantStatus struct {
	// observedGeneration is the metadata.generation that this status was made from.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty" protobuf:"varint,1,opt,name=observedGeneration"`

	// conditions are NamespaceReady (the Tenant's namespace exists and is its own), AccessReady (its roles and bindings are
	// as the spec asks) and Ready (all of these).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +patchMergeKey=type
	// +patchStrategy=merge
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type" protobuf:"bytes,2,rep,name=conditions"`

	// projects is the number of Projects in the Tenant.
	// +optional
	Projects int32 `json:"projects,omitempty" protobuf:"varint,3,opt,name=projects"`

	// gpuUsage is the number of GPUs in use, per Project and GPU family.
	// +optional
	GPUUsage map[string]GPUCounts `json:"gpuUsage,omitempty" protobuf:"bytes,4,rep,name=gpuUsage"`

	// projectGroups are the groups that the role mappings of the Tenant's Projects name, sorted, at most 5000. Their members
	// see the Tenant, like those of its own groups.
	// +optional
	// +listType=atomic
	ProjectGroups []string `json:"projectGroups,omitempty" protobuf:"bytes,5,rep,name=projectGroups"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TenantList is a list of Tenants.
type TenantList struct {
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard list metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// items are the Tenants.
	Items []Tenant `json:"items" protobuf:"bytes,2,rep,name=items"`
}
