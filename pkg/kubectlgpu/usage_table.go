// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// allProjects stands for a Tenant itself in the column of Projects, as in gpuusage.
	allProjects = "(all)"
	unlimited   = "no limit"
	nothing     = "-"
)

// usageTable prints a row per Tenant or Project and family.
func usageTable(rows []usageRow) *metav1.Table {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		column("Tenant", false), column("Project", false), column("Family", false), column("Limit", false), column("Used", false),
		column("Waiting", false), column("Free", false), column("Oversubscribed", false), column("Use", true), column("Most per request", true),
	}}
	for _, row := range rows {
		project, use := row.project, nothing
		if project == "" {
			project = allProjects
		}
		if percent, ok := row.percent(); ok {
			use = fmt.Sprintf("%d%%", percent)
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{row.tenant, project, row.Family, orElse(row.Limit, unlimited),
			row.Used, orNothing(row.Pending), orElse(row.Available, unlimited), orNothing(row.over()), use, orElse(row.RequestLimit, unlimited)}})
	}
	return table
}

func orElse(n *int64, otherwise string) string {
	if n == nil {
		return otherwise
	}
	return fmt.Sprint(*n)
}

// orNothing keeps what needs no one's attention out of sight.
func orNothing(n int64) string {
	if n == 0 {
		return nothing
	}
	return fmt.Sprint(n)
}
