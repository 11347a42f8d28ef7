// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "spectrocloud.com/tenancy/apis/spectrocloud"

// Marks on what is generated for a Tenant or a Project in the host cluster.
const (
	// LabelTenant is on every generated object: the name of the Tenant it belongs to.
	LabelTenant = "spectrocloud.com/tenant"
	// LabelProject is on every object generated for a Project: the Project's name.
	LabelProject = "spectrocloud.com/project"
	// LabelAdopt, set by someone who may write namespaces, lets the Tenant or Project it names ("tenant.NAME" or
	// "project.NAME") take over a namespace that existed before it.
	LabelAdopt = "spectrocloud.com/adopt"
	// LabelImagePull is on every namespace that is ours: "always" or "any", after isolation.imagePull of the Tenant.
	LabelImagePull = "spectrocloud.com/image-pull"
	// AnnotationOwnerUID is on every namespace that is ours: the UID of the Tenant or Project it belongs to.
	AnnotationOwnerUID = "spectrocloud.com/owner-uid"
	// AnnotationAdopted is "true" on a namespace that existed before its owner did, and so outlives it.
	AnnotationAdopted = "spectrocloud.com/adopted"

	// Finalizer holds a Tenant or Project that is being deleted until what was generated for it is gone. The server sets it
	// on create and keeps it while the object lives.
	Finalizer = spectrocloud.Finalizer

	// VerbListAll is the RBAC verb on tenants or projects that lets someone see all of them.
	VerbListAll = spectrocloud.VerbListAll
)

// Condition types of Tenant and Project.
const (
	// ConditionReady says that everything the spec asks for is in place.
	ConditionReady = "Ready"
	// ConditionNamespaceReady says that the namespace exists and belongs to the object.
	ConditionNamespaceReady = "NamespaceReady"
	// ConditionAccessReady says that the roles and bindings are as the spec asks.
	ConditionAccessReady = "AccessReady"
	// ConditionTenantOversubscribed says whether more GPUs are in use in all Projects of a Tenant together than its limits
	// allow.
	ConditionTenantOversubscribed = "TenantOversubscribed"
	// ConditionOversubscribed says the same of a Project.
	ConditionOversubscribed = "Oversubscribed"
)

// What clients read of ComputePools and AIWorkloads.
const (
	// ConditionQuotaReserved says whether it holds the GPUs that it asks for, and if not why.
	ConditionQuotaReserved = spectrocloud.ConditionQuotaReserved
	// LabelWorkloadType, with the value WorkloadTypeModel, makes an AIWorkload a Model Deployment.
	LabelWorkloadType = spectrocloud.LabelWorkloadType
	// WorkloadTypeModel is the value of LabelWorkloadType on a Model Deployment.
	WorkloadTypeModel = spectrocloud.WorkloadTypeModel
)
