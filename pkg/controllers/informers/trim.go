// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// trim drops what no controller reads, so that the caches hold little more than what decides. Of what comes by the
// hundred thousand it makes another, small object: slices of a decoded one would keep all of it in memory.
func trim(obj any) (any, error) {
	switch object := obj.(type) {
	case *v1alpha1.AIWorkload:
		return &v1alpha1.AIWorkload{ObjectMeta: identity(object), Status: trimConsumer(object.Status)}, nil
	case *v1alpha1.ComputePool:
		return &v1alpha1.ComputePool{ObjectMeta: identity(object), Status: trimConsumer(object.Status)}, nil
	}
	if object, err := meta.Accessor(obj); err == nil {
		object.SetManagedFields(nil)
		annotations := object.GetAnnotations()
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		object.SetAnnotations(annotations)
	}
	return obj, nil
}

// identity is what names an object, and the version that was seen.
func identity(object metav1.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: object.GetName(), Namespace: shared(object.GetNamespace()),
		UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
	}
}

// trimConsumer leaves the condition QuotaReserved: whether it holds its GPUs, and if not why.
func trimConsumer(full v1alpha1.ConsumerStatus) (trimmed v1alpha1.ConsumerStatus) {
	if c := meta.FindStatusCondition(full.Conditions, v1alpha1.ConditionQuotaReserved); c != nil {
		trimmed.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionQuotaReserved, Status: metav1.ConditionStatus(shared(string(c.Status))),
			Reason: shared(c.Reason), Message: c.Message,
		}}
	}
	return trimmed
}

// shared returns the one copy of a string that many objects hold.
func shared(s string) string { return unique.Make(s).Value() }
