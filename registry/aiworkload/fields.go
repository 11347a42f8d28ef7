// SPDX-License-Identifier: Apache-2.0

package aiworkload

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func phaseOf(obj runtime.Object) string { return string(obj.(*spectrocloud.AIWorkload).Status.Phase) }

// poolOf is the name of the ComputePool that an AIWorkload runs on; empty if it runs on none.
func poolOf(obj runtime.Object) string {
	if ref := obj.(*spectrocloud.AIWorkload).Spec.ComputePoolRef; ref != nil {
		return ref.Name
	}
	return ""
}
