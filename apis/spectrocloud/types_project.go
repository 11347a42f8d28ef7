// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Project is a team's workspace under a Tenant.
type Project struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	Spec   ProjectSpec
	Status ProjectStatus
}

// ProjectSpec is what a Project's owner asks for.
type ProjectSpec struct {
	DisplayName      string
	SettingsRef      *ResourceReference
	TenantRef        TenantReference
	ComputeConfigRef *ResourceReference
	RoleMapping      RoleMapping
	GPUResources     GPUResources
}

// TenantReference names the Tenant that a Project belongs to.
type TenantReference struct {
	Name string
}

// RoleMapping names the groups that hold each role in a Project.
type RoleMapping struct {
	Viewer []string
	Editor []string
	Admin  []string
}

// ProjectStatus is what the controllers observed of a Project.
type ProjectStatus struct {
	ObservedGeneration int64
	Conditions         []metav1.Condition
	GPUUsage           GPUCounts
	// TenantGroups are those whose members see the Project for the sake of its Tenant.
	TenantGroups []string
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProjectList is a list of Projects.
type ProjectList struct {
	metav1.TypeMeta
	metav1.ListMeta

	Items []Project
}
