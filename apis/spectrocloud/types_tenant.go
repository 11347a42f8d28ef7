// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Tenant is an organization.
type Tenant struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   TenantSpec
	Status TenantStatus
}

// TenantSpec is what a Tenant's owner asks for.
type TenantSpec struct {
	DisplayName       string
	SettingsRef       *ResourceReference
	TenantRoleMapping TenantRoleMapping
	GPUResources      GPUResources
	Isolation         TenantIsolation
}

// TenantRoleMapping names who manages a Tenant and all its Projects.
type TenantRoleMapping struct {
	Groups []string
}

// TenantStatus is what the controllers observed of a Tenant.
type TenantStatus struct {
	ObservedGeneration int64
	Conditions         []metav1.Condition
	Projects           int32
	GPUUsage           map[string]GPUCounts
	// ProjectGroups are those whose members see the Tenant for the sake of its Projects.
	ProjectGroups []string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TenantList is a list of Tenants.
type TenantList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []Tenant
}
