// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// fitTable prints a row per family and level.
func fitTable(families []fitFamily) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		column("Family", false), column("Requested", false), column("Level", false), column("Limit", false), column("Used", false),
		column("Free", false), column("Most per request", false), column("Would fit", false),
	}}
	for _, family := range families {
		for _, level := range family.Levels {
			table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{family.Family, family.Requested, level.Kind + " " + level.Name,
				orElse(level.Limit, unlimited), level.Used, orElse(level.Available, unlimited), orElse(level.RequestLimit, unlimited),
				orElse(level.WouldFit, "any")}})
		}
	}
	return table
}
