// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// GPUUsage is how the GPUs of a Tenant or a Project are used at this moment. It is computed when it is read and never stored.
type GPUUsage struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	// Families are sorted by name. For a Tenant they are the sums of its Projects.
	Families []FamilyUsage
	// Projects are those of a Tenant, sorted by name.
	Projects []ProjectUsage
}

// FamilyUsage is how the GPUs of one family are used.
type FamilyUsage struct {
	Family string
	// Limit is the most that may be in use; nil where nothing restricts it.
	Limit *int64
	Used  int64
	// Pending is what waiting requests ask for.
	Pending int64
	// Available is the most that a request may still get: never negative, nil where nothing restricts it.
	Available *int64
	// RequestLimit is the most that one request may ask for; nil where nothing restricts it.
	RequestLimit *int64
}

// ProjectUsage is how the GPUs of one Project of a Tenant are used.
type ProjectUsage struct {
	Name     string
	Families []FamilyUsage
}
