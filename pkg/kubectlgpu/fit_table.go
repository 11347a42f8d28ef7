// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"fmt"
	"maps"
	"math"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// fitTable prints what each level has left of what is asked for, and how much of that would fit there.
func fitTable(request spectrocloud.GPUCounts, levels []quota.Level) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		column("Family", false), column("Requested", false), column("Level", false), column("Limit", false), column("Used", false),
		column("Free", false), column("Most per request", false), column("Would fit", false),
	}}
	asked := quota.Sums{}
	asked.Add(request, 1)
	for _, family := range slices.Sorted(maps.Keys(request)) {
		for _, level := range levels {
			for _, usage := range quota.Usage(asked, level) { // Asked for, so that the family is listed.
				if usage.Family == family {
					table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{family, request[family], level.Kind + " " + level.Name,
						orElse(usage.Limit, unlimited), usage.Used, orElse(usage.Available, unlimited), orElse(usage.RequestLimit, unlimited), largest(usage)}})
				}
			}
		}
	}
	return table
}

// largest is the largest request that would fit now.
func largest(usage spectrocloud.FamilyUsage) string {
	n := int64(math.MaxInt64)
	for _, most := range []*int64{usage.Available, usage.RequestLimit} {
		if most != nil {
			n = min(n, *most)
		}
	}
	if n == math.MaxInt64 {
		return "any"
	}
	return fmt.Sprint(n)
}
