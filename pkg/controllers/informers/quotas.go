// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// QuotaKeys returns keys of ResourceQuotas for a change: none where it is of the status alone, which kube-apiserver writes
// whenever something that counts comes or goes in the namespace.
func QuotaKeys(keys func(metav1.Object) []string) func(old, updated metav1.Object) []string {
	return func(old, updated metav1.Object) (all []string) {
		if counted(old, updated) {
			return nil
		}
		for _, object := range []metav1.Object{old, updated} {
			if object != nil {
				all = append(all, keys(object)...)
			}
		}
		return all
	}
}

// counted tells whether nothing but the status of a ResourceQuota has changed.
func counted(old, updated metav1.Object) bool {
	before, ok := old.(*corev1.ResourceQuota)
	after, also := updated.(*corev1.ResourceQuota)
	return ok && also && maps.Equal(before.Labels, after.Labels) && equality.Semantic.DeepEqual(before.Spec, after.Spec)
}
