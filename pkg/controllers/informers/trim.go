// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"slices"
	"strings"
	"unique"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// trim drops what no controller reads, so that the caches hold little more than what decides. Of what comes by the
// hundred thousand it makes another, small object: slices of a decoded one would keep all of it in memory.
func trim(obj any) (any, error) {
	switch object := obj.(type) {
	case *v1alpha1.AIWorkload:
		return &v1alpha1.AIWorkload{ObjectMeta: identity(object), Status: trimConsumer(object.Status)}, nil
	case *v1alpha1.ComputePool:
		return &v1alpha1.ComputePool{ObjectMeta: identity(object), Status: trimConsumer(object.Status)}, nil
	case *corev1.ConfigMap:
		return trimRules(object), nil
	case *networkingv1.NetworkPolicy:
		// Members of Projects can write others with our label, which are removed: they must not fill the memory first.
		if object.Name != access.NetworkPolicyName {
			object.Spec = networkingv1.NetworkPolicySpec{}
		}
	case *corev1.ResourceQuota:
		object.Status = corev1.ResourceQuotaStatus{}
	}
	if object, err := meta.Accessor(obj); err == nil {
		object.SetManagedFields(nil)
		annotations := object.GetAnnotations()
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		object.SetAnnotations(annotations)
	}
	return obj, nil
}

// mostRules is far more than the rules of a tier may have, so that who writes too much is told so.
const mostRules = 256 << 10

// trimRules leaves of a ConfigMap what says whose it is, and of the rules of a tier the rules. Members of Projects can write
// any ConfigMap with our label in their namespaces, and must not fill the memory of a program that works for all Tenants.
func trimRules(full *corev1.ConfigMap) *corev1.ConfigMap {
	trimmed := &corev1.ConfigMap{ObjectMeta: identity(full)}
	trimmed.Labels = map[string]string{}
	for _, key := range []string{access.LabelManagedBy, v1alpha1.LabelTenant, v1alpha1.LabelProject} {
		if value, ok := full.Labels[key]; ok {
			trimmed.Labels[key] = shared(value)
		}
	}
	rules, ok := full.Data[access.RulesKey]
	if ok && slices.ContainsFunc(access.Tiers, func(tier access.Tier) bool { return full.Name == tier.ConfigMap() }) {
		trimmed.Data = map[string]string{access.RulesKey: strings.Clone(rules[:min(len(rules), mostRules)])}
	}
	return trimmed
}

// identity is what names an object, and the version that was seen.
func identity(object metav1.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: object.GetName(), Namespace: shared(object.GetNamespace()),
		UID: object.GetUID(), ResourceVersion: object.GetResourceVersion(),
	}
}

// trimConsumer leaves the condition QuotaReserved: whether it holds its GPUs, and if not why and since when.
func trimConsumer(full v1alpha1.ConsumerStatus) (trimmed v1alpha1.ConsumerStatus) {
	if c := meta.FindStatusCondition(full.Conditions, v1alpha1.ConditionQuotaReserved); c != nil {
		trimmed.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionQuotaReserved, Status: metav1.ConditionStatus(shared(string(c.Status))),
			Reason: shared(c.Reason), Message: c.Message, LastTransitionTime: c.LastTransitionTime,
		}}
	}
	return trimmed
}

// shared returns the one copy of a string that many objects hold.
func shared(s string) string { return unique.Make(s).Value() }
