// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// Reasons of condition QuotaReserved.
const (
	reasonReserved        = "Reserved"
	reasonNoGPUs          = "NoGPUsRequested"
	reasonChargedToPool   = "ChargedToComputePool"
	reasonWaiting         = "Waiting"
	reasonSuspended       = "Suspended"
	reasonTerminating     = "Terminating"
	suspendedMessage      = "Holds no GPUs and waits for none until spec.suspend is false"
	terminatingMessage    = "Is being deleted and no longer waits for GPUs"
	noGPUsMessage         = "Asks for no GPUs"
	chargedToPoolTemplate = "Its GPUs are those of ComputePool "
)

// admitted says that the consumer holds what it asks for.
func (c *consumer) admitted() {
	c.goesOn()
	c.status.GPUUsage = c.charged()
	c.says(metav1.ConditionTrue, reasonReserved, "Holds "+quota.Format(c.status.GPUUsage))
}

// waits says that the consumer waits, and for what.
func (c *consumer) waits(missing string) {
	c.status.Phase, c.status.GPUUsage = spectrocloud.ConsumerPending, nil
	c.says(metav1.ConditionFalse, reasonWaiting, "waiting for "+missing)
}

// uncharged says why nothing is charged for the consumer.
func (c *consumer) uncharged() {
	c.status.GPUUsage = nil
	switch {
	case c.suspended:
		c.status.Phase = spectrocloud.ConsumerSuspended
		c.says(metav1.ConditionFalse, reasonSuspended, suspendedMessage)
	case len(c.gpus) == 0:
		c.goesOn()
		c.says(metav1.ConditionTrue, reasonNoGPUs, noGPUsMessage)
	case c.pool != "":
		c.goesOn()
		c.says(metav1.ConditionTrue, reasonChargedToPool, chargedToPoolTemplate+c.pool)
	default:
		c.status.Phase = spectrocloud.ConsumerPending
		c.says(metav1.ConditionFalse, reasonTerminating, terminatingMessage)
	}
}

// goesOn is the phase of a consumer that may run: Admitted, unless an outside provisioner has taken it further.
func (c *consumer) goesOn() {
	switch c.status.Phase {
	case spectrocloud.ConsumerProvisioning, spectrocloud.ConsumerRunning, spectrocloud.ConsumerFailed:
	default:
		c.status.Phase = spectrocloud.ConsumerAdmitted
	}
}

func (c *consumer) says(status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&c.status.Conditions, metav1.Condition{
		Type: spectrocloud.ConditionQuotaReserved, Status: status, Reason: reason, Message: message,
	})
	c.observed()
}

// observed says that the verdict is about the present spec.
func (c *consumer) observed() {
	if c == nil {
		return
	}
	c.status.ObservedGeneration = c.meta.Generation
	if condition := meta.FindStatusCondition(c.status.Conditions, spectrocloud.ConditionQuotaReserved); condition != nil {
		condition.ObservedGeneration = c.meta.Generation
	}
}
