// SPDX-License-Identifier: Apache-2.0

// Package fuzzer fills the hub types with random values that decoding leaves as
// they are: what a default would fill in is filled in already. Round-trip tests
// use it; nothing else should.
package fuzzer

import (
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
		func(pool *spectrocloud.WorkerPool, c randfill.Continue) {
			c.FillNoCustom(pool)
			if pool.NodeCount == nil {
				pool.NodeCount = new(int32(1))
			}
		},
	}
}
