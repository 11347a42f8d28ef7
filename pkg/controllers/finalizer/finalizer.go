// SPDX-License-Identifier: Apache-2.0

// Package finalizer takes our finalizer off a Tenant or Project that is being
// deleted, once what was generated for it is gone. It must not decide when.
package finalizer

import (
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// On tells whether our finalizer holds the object.
func On(object metav1.Object) bool {
	return slices.Contains(object.GetFinalizers(), v1alpha1.Finalizer)
}

// Off returns the merge patch that takes our finalizer off this version of the object and leaves those of others.
func Off(object metav1.Object) ([]byte, error) {
	others := slices.DeleteFunc(slices.Clone(object.GetFinalizers()), func(name string) bool { return name == v1alpha1.Finalizer })
	return json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": object.GetUID(), "resourceVersion": object.GetResourceVersion(), "finalizers": others,
	}})
}
