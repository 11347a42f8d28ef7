// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConsumerPhase is where a GPU consumer stands.
type ConsumerPhase string

const (
	// ConsumerPending waits for GPUs.
	ConsumerPending ConsumerPhase = "Pending"
	// ConsumerSuspended neither holds GPUs nor waits for any.
	ConsumerSuspended ConsumerPhase = "Suspended"
	// ConsumerAdmitted holds what it asked for. An outside provisioner may take it further.
	ConsumerAdmitted ConsumerPhase = "Admitted"
	// ConsumerProvisioning, ConsumerRunning and ConsumerFailed are an outside provisioner's words for an admitted consumer.
	ConsumerProvisioning ConsumerPhase = "Provisioning"
	ConsumerRunning      ConsumerPhase = "Running"
	ConsumerFailed       ConsumerPhase = "Failed"
)

// IsAdmitted tells whether a consumer in this phase has been given what it asked for.
func (p ConsumerPhase) IsAdmitted() bool {
	switch p {
	case ConsumerAdmitted, ConsumerProvisioning, ConsumerRunning, ConsumerFailed:
		return true
	}
	return false
}

// ConsumerStatus is what was decided on the GPUs of a ComputePool or an AIWorkload, and what an outside provisioner
// observed of it.
type ConsumerStatus struct {
	ObservedGeneration int64
	Phase              ConsumerPhase
	Conditions         []metav1.Condition
	// GPUUsage is what it holds, per family; empty while it holds none.
	GPUUsage GPUCounts
}

// ProfileBundleReference names the ProfileBundle that is deployed.
type ProfileBundleReference struct {
	Name      string
	Namespace string
	CloudType string
}

// LocalReference names an object in the same namespace.
type LocalReference struct {
	Name string
}
