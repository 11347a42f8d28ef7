// SPDX-License-Identifier: Apache-2.0

package spectrocloud

const (
	// Finalizer holds a Tenant or Project that is being deleted until the controllers have removed what they generated for it.
	Finalizer = "spectrocloud.com/cleanup"

	// ProjectTenantField is the field selector that lists the Projects of one Tenant.
	ProjectTenantField = "spec.tenantRef.name"

	// ConsumerPhaseField is the field selector that lists the ComputePools or AIWorkloads in one phase.
	ConsumerPhaseField = "status.phase"
	// WorkloadPoolField is the field selector that lists the AIWorkloads of one ComputePool.
	WorkloadPoolField = "spec.computePoolRef.name"

	// ProfileLineageField is the field selector that lists the revisions of one WorkloadProfile.
	ProfileLineageField = "status.lineage"

	// VerbListAll is the RBAC verb on tenants or projects that lets someone see all of them.
	VerbListAll = "listall"
	// VerbManage is the RBAC verb on a Tenant that lets someone outside its groups create Projects under it.
	VerbManage = "manage"

	// ConditionQuotaReserved of a ComputePool or an AIWorkload says whether it holds the GPUs that it asks for.
	ConditionQuotaReserved = "QuotaReserved"

	// LabelWorkloadType, with the value model, makes an AIWorkload a Model Deployment.
	LabelWorkloadType = "palette.ai/aiworkload-type"
	// WorkloadTypeModel is the value of LabelWorkloadType on a Model Deployment.
	WorkloadTypeModel = "model"
)
