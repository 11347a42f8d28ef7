// SPDX-License-Identifier: Apache-2.0

package table

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// Consumer is what the columns of ComputePools and AIWorkloads have in common.
type Consumer struct {
	Metadata *metav1.ObjectMeta
	Status   *spectrocloud.ConsumerStatus
	// Requested is what it asks for, whether it holds that or not.
	Requested spectrocloud.GPUCounts
}

// Place is the place of a consumer in its Tenant's queue, counted from 1; 0 if it does not wait.
type Place func(resource, namespace, name string) int

// ConsumerColumns are the columns that ComputePools and AIWorkloads have in common. Queue places are computed for each row
// that is printed, and are never stored.
func ConsumerColumns[T any](resource string, place Place, of func(*T) Consumer) []Column[T] {
	return []Column[T]{
		{
			Name: "Phase", Description: "Whether it waits for GPUs, is suspended, or has been admitted, and how far it has come since.",
			Cell: func(obj *T) any {
				if of(obj).Metadata.DeletionTimestamp != nil {
					return "Terminating"
				}
				return string(of(obj).Status.Phase)
			},
		},
		{
			Name: "GPUs", Description: "The GPUs that it asks for.",
			Cell: func(obj *T) any { return quota.Format(of(obj).Requested) },
		},
		{
			Name: "Queue", Description: "Its place in the queue for GPUs, counted from 1; empty if it does not wait.",
			Cell: func(obj *T) any {
				consumer := of(obj)
				if consumer.Status.Phase != spectrocloud.ConsumerPending {
					return ""
				}
				if n := place(resource, consumer.Metadata.Namespace, consumer.Metadata.Name); n > 0 {
					return strconv.Itoa(n)
				}
				return ""
			},
		},
		{
			Name: "Reason", Description: "Why it does not hold the GPUs that it asks for.",
			Cell: func(obj *T) any { return Message(of(obj).Status.Conditions, spectrocloud.ConditionQuotaReserved) },
		},
	}
}
