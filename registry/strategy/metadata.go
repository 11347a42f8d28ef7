// SPDX-License-Identifier: Apache-2.0

package strategy

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	// maxManagers is how many managers of fields an object remembers. Each server-side apply under another name adds one, with
	// the fields that it applied, and each later write pays for all of them.
	maxManagers = 100
	// maxLabels is how many bytes an object's labels may have together. The selectors of all watches look at them.
	maxLabels = 64 << 10
)

// validateMetadata bounds what Kubernetes leaves unbounded in metadata. What is stored already stays usable: it may not grow.
func validateMetadata(obj, old runtime.Object) field.ErrorList {
	updated, before := obj.(metav1.Object), metav1.Object(&metav1.ObjectMeta{})
	if old != nil {
		before = old.(metav1.Object)
	}
	metadata := field.NewPath("metadata")
	var errs field.ErrorList
	if n := len(updated.GetManagedFields()); n > maxManagers && n > len(before.GetManagedFields()) {
		errs = append(errs, field.TooMany(metadata.Child("managedFields"), n, maxManagers))
	}
	if n := size(updated.GetLabels()); n > maxLabels && n > size(before.GetLabels()) {
		errs = append(errs, field.TooLong(metadata.Child("labels"), "", maxLabels))
	}
	return errs
}

func size(labels map[string]string) int {
	n := 0
	for key, value := range labels {
		n += len(key) + len(value)
	}
	return n
}
