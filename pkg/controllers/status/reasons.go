// SPDX-License-Identifier: Apache-2.0

package status

// Reasons of conditions, and of the events that announce their change. Users and monitors match on them: they may be
// added to, not renamed.
const (
	// NamespaceReady is True.
	NamespaceCreated = "NamespaceCreated" // The namespace was made for the object and goes with it.
	NamespaceAdopted = "NamespaceAdopted" // It existed before, was handed over by label, and outlives the object.

	// NamespaceReady is False.
	NamespaceExists      = "NamespaceExists"      // It exists, belongs to nobody, and was not handed over.
	NamespaceTaken       = "NamespaceTaken"       // It is marked as another object's, there or not.
	NamespaceProtected   = "NamespaceProtected"   // It belongs to Kubernetes or to the platform.
	NamespaceTerminating = "NamespaceTerminating" // It is being deleted; what waits goes on when it is gone.
	NamespaceFailed      = "NamespaceFailed"      // The host cluster refused or failed a request; it is retried.
	ConsumersRemain      = "ConsumersRemain"      // The Project is being deleted and some of its AIWorkloads and ComputePools remain.

	// AccessReady is True.
	AccessGranted = "AccessGranted" // Roles and bindings are as the spec asks.
	LastGoodRules = "LastGoodRules" // So are they, but with rules from before a refused edit.

	// AccessReady is False.
	NamespaceNotReady = "NamespaceNotReady" // There is no namespace to grant anything in.
	TenantNotFound    = "TenantNotFound"    // The Project's Tenant can't be found; nothing new is granted.
	InvalidRules      = "InvalidRules"      // A rule ConfigMap of the Tenant is refused.
	AccessFailed      = "AccessFailed"      // The host cluster refused or failed a request; it is retried.
	Revoking          = "Revoking"          // The object is being deleted and some access of its remains.
	TenantNotEmpty    = "TenantNotEmpty"    // The Tenant is being deleted and has Projects.

	// Ready is True. Where it is False it has the reason of the first condition that is not True.
	Ready = "Ready"

	// TenantOversubscribed, or a Project's Oversubscribed, is True.
	GPULimitExceeded = "GPULimitExceeded" // More GPUs are in use than a limit allows, since it was lowered.
	// Or it is False.
	WithinLimits = "WithinLimits" // No more GPUs are in use than the limits allow.

	// AccessChanged is the reason of an event only: generated roles or bindings were put right.
	AccessChanged = "AccessChanged"
	// NamespaceOrphaned is the reason of an event on a namespace whose Tenant or Project can't be found.
	NamespaceOrphaned = "NamespaceOrphaned"
	// Admitted, Waiting and Suspended are the reasons of events on an AIWorkload or ComputePool: it has got its GPUs, waits for
	// them, or has given them back. ManyAnswered is that of an event on a Project instead of more such events than are good.
	Admitted     = "Admitted"
	Waiting      = "Waiting"
	Suspended    = "Suspended"
	ManyAnswered = "ManyAnswered"
)
