// SPDX-License-Identifier: Apache-2.0

// Package fuzzer fills objects of the group with random values that defaulting
// leaves alone. Round-trip tests call it, and nothing else does.
package fuzzer

import (
	runtimeserializer "k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Funcs has a function for each type whose fields are not free of each other.
var Funcs = func(runtimeserializer.CodecFactory) []any {
	return []any{
		func(ref *spectrocloud.ResourceReference, c randfill.Continue) {
			c.FillNoCustom(ref)
			// Defaults fill in an empty namespace.
			for ref.Namespace == "" {
				c.Fill(&ref.Namespace)
			}
		},
	}
}
