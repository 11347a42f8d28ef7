// SPDX-License-Identifier: Apache-2.0

package strategy

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// KeepDecided undoes what an update of the status of a ComputePool or an AIWorkload may not change: what the ledger has
// decided. A provisioner may add conditions of its own, and take the phase of what is admitted further or back, but never
// past the ledger. A phase that there isn't is left to validation.
func KeepDecided(status, old *spectrocloud.ConsumerStatus) {
	status.ObservedGeneration, status.GPUUsage = old.ObservedGeneration, maps.Clone(old.GPUUsage)
	switch status.Phase {
	case "", spectrocloud.ConsumerPending, spectrocloud.ConsumerSuspended:
		status.Phase = old.Phase
	case spectrocloud.ConsumerAdmitted, spectrocloud.ConsumerProvisioning, spectrocloud.ConsumerRunning, spectrocloud.ConsumerFailed:
		if !old.Phase.IsAdmitted() {
			status.Phase = old.Phase
		}
	}
	decided := func(condition metav1.Condition) bool { return condition.Type == spectrocloud.ConditionQuotaReserved }
	others := slices.DeleteFunc(slices.Clone(status.Conditions), decided)
	if i := slices.IndexFunc(old.Conditions, decided); i >= 0 {
		others = slices.Insert(others, min(i, len(others)), old.Conditions[i])
	}
	status.Conditions = others
}

// Decided are the fields that KeepDecided keeps.
var Decided = []fieldpath.Path{
	fieldpath.MakePathOrDie("status", "observedGeneration"),
	fieldpath.MakePathOrDie("status", "gpuUsage"),
	fieldpath.MakePathOrDie("status", "conditions", fieldpath.KeyByFields("type", spectrocloud.ConditionQuotaReserved)),
}
