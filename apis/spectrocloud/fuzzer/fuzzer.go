// SPDX-License-Identifier: Apache-2.0

// Package fuzzer fills the hub types with random values that decoding leaves as
// they are: what a default would fill in is filled in already. Round-trip tests
// use it; nothing else should.
package fuzzer

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Funcs returns the fuzzing functions of API group spectrocloud.com.
func Funcs(serializer.CodecFactory) []any {
	return []any{
		func(tenant *spectrocloud.Tenant, c randfill.Continue) {
			c.FillNoCustom(tenant)
			if ref := tenant.Spec.SettingsRef; ref != nil && ref.Namespace == "" {
				ref.Namespace = tenant.Name
			}
		},
		func(project *spectrocloud.Project, c randfill.Continue) {
			c.FillNoCustom(project)
			if ref := project.Spec.ComputeConfigRef; ref != nil && ref.Namespace == "" {
				ref.Namespace = project.Namespace
			}
		},
		func(pool *spectrocloud.ControlPlanePool, c randfill.Continue) {
			c.FillNoCustom(pool)
			if pool.NodeCount == 0 {
				pool.NodeCount = 1
			}
		},
		func(policy *spectrocloud.ScalingPolicySpec, c randfill.Continue) {
			c.FillNoCustom(policy)
			policy.CooldownDuration = cmp.Or(policy.CooldownDuration, "15m")
			policy.AbortDuration = cmp.Or(policy.AbortDuration, "30m")
		},
		func(trigger *spectrocloud.ScalingTrigger, c randfill.Continue) {
			c.FillNoCustom(trigger)
			trigger.ScaleUpThreshold = cmp.Or(trigger.ScaleUpThreshold, new(int32(80)))
			trigger.ScaleDownThreshold = cmp.Or(trigger.ScaleDownThreshold, new(int32(20)))
			trigger.ScaleUpDuration = cmp.Or(trigger.ScaleUpDuration, "5m")
			trigger.ScaleDownDuration = cmp.Or(trigger.ScaleDownDuration, "10m")
		},
		// Properties are JSON as this server stores it, with the keys in order.
		func(properties *runtime.RawExtension, c randfill.Continue) {
			properties.Raw = fmt.Appendf(nil, `{"a":%d,"b":{"c":[true,null,"d"]}}`, c.Int31())
		},
		func(pool *spectrocloud.WorkerPool, c randfill.Continue) {
			c.FillNoCustom(pool)
			if pool.NodeCount == nil {
				pool.NodeCount = new(int32(1))
			}
		},
	}
}
