// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// hidden stands for what the caller may not read.
const hidden = "?"

// table prints the first of them, at most so many unless that is 0.
func (r *ranking) table(workloads bool, rows int, now time.Time) *metav1.Table {
	table := &metav1.Table{}
	columns := []string{"GPUs", "Tenant", "Project", "Uses", "Waits for", "Waiting", "Longest wait"}
	if workloads {
		columns = []string{"GPUs", "Tenant", "Project", "Name", "Phase", "Uses", "Waits for", "For"}
	}
	for _, name := range columns {
		table.ColumnDefinitions = append(table.ColumnDefinitions, column(name, false))
	}
	for _, s := range r.first(rows) {
		table.Rows = append(table.Rows, metav1.TableRow{Cells: s.cells(workloads, now)})
	}
	return table
}

// cells are those of a row of top.
func (s *standing) cells(workloads bool, now time.Time) []any {
	if workloads {
		return []any{s.gpus(), s.tenant, s.project, s.name, s.phase, list(s.held), list(s.asked), duration.HumanDuration(now.Sub(s.since))}
	}
	waiting, longest := nothing, nothing
	switch {
	case s.unknown:
		waiting, longest = hidden, hidden
	case s.waiting > 0:
		waiting, longest = fmt.Sprint(s.waiting), duration.HumanDuration(now.Sub(s.since))
	}
	return []any{s.gpus(), s.tenant, s.project, list(s.held), list(s.asked), waiting, longest}
}

// list is quota.Format for sums.
func list(sums quota.Sums) string {
	var said []string
	for _, family := range slices.Sorted(maps.Keys(sums)) {
		said = append(said, fmt.Sprintf("%d %s", sums[family], family))
	}
	if len(said) == 0 {
		return nothing
	}
	return strings.Join(said, ", ")
}
