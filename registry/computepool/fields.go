// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// phaseOf is what ComputePools are selected by.
func phaseOf(obj runtime.Object) string { return string(obj.(*spectrocloud.ComputePool).Status.Phase) }
