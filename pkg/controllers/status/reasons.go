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

	// AccessChanged is the reason of an event only: generated roles or bindings were put right.
	AccessChanged = "AccessChanged"
	// NamespaceOrphaned is the reason of an event on a namespace whose Tenant or Project can't be found.
	NamespaceOrphaned = "NamespaceOrphaned"
)
