// SPDX-License-Identifier: Apache-2.0

package scalingpolicy

import (
	"fmt"
	"strings"

	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get scalingpolicies prints.
var columns = table.New(
	table.Column[spectrocloud.ScalingPolicy]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(s *spectrocloud.ScalingPolicy) any { return s.Spec.DisplayName },
	},
	table.Column[spectrocloud.ScalingPolicy]{
		Name: "CPU", Description: "The use of CPUs, in percent, below and above which pools are scaled.",
		Cell: func(s *spectrocloud.ScalingPolicy) any { return thresholds(s.Spec.CPU) },
	},
	table.Column[spectrocloud.ScalingPolicy]{
		Name: "GPU Families", Description: "The GPU families whose use scales pools.",
		Cell: func(s *spectrocloud.ScalingPolicy) any { return strings.Join(families(s), ",") },
	},
)

// thresholds are those of a trigger, as 20-80%; empty for none.
func thresholds(trigger *spectrocloud.ScalingTrigger) string {
	if trigger == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d%%", ptr.Deref(trigger.ScaleDownThreshold, 0), ptr.Deref(trigger.ScaleUpThreshold, 0))
}

func families(policy *spectrocloud.ScalingPolicy) []string {
	var names []string
	for _, trigger := range policy.Spec.GPU {
		names = append(names, trigger.Family)
	}
	return names
}
