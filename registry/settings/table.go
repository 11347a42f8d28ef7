// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"strings"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// columns are what kubectl get settings prints.
var columns = table.New(
	table.Column[spectrocloud.Settings]{
		Name: "Display Name", Description: "The name that people read.",
		Cell: func(s *spectrocloud.Settings) any { return s.Spec.DisplayName },
	},
	table.Column[spectrocloud.Settings]{
		Name: "Integrations", Description: "The services that are integrated.",
		Cell: func(s *spectrocloud.Settings) any { return strings.Join(integrations(&s.Spec.Integrations), ",") },
	},
)

// integrations are the names of those that are there.
func integrations(all *spectrocloud.Integrations) []string {
	var names []string
	if all.Palette != nil {
		names = append(names, "palette")
	}
	if all.HuggingFace != nil {
		names = append(names, "huggingFace")
	}
	if all.NVIDIANGC != nil {
		names = append(names, "nvidiaNGC")
	}
	return names
}
