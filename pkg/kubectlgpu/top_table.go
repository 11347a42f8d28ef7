// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// hidden stands for what the caller may not read.
const hidden = "?"

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
		if sums[family] > 0 {
			said = append(said, fmt.Sprintf("%d %s", sums[family], family))
		}
	}
	if len(said) == 0 {
		return nothing
	}
	return strings.Join(said, ", ")
}
