// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"strings"
	"time"

	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// topReport is what top -o json prints, as docs/kubectl-gpu.md promises it.
type topReport struct {
	Items []topItem `json:"items"`
}

// topItem is a Project, or an AIWorkload or a ComputePool in it.
type topItem struct {
	Tenant  string `json:"tenant"`
	Project string `json:"project"`
	// Kind, Name and Phase are those of an AIWorkload or a ComputePool.
	Kind  string `json:"kind,omitempty"`
	Name  string `json:"name,omitempty"`
	Phase string `json:"phase,omitempty"`
	// GPUs is the sum of Uses, which is per family, as is WaitsFor.
	GPUs     int64      `json:"gpus"`
	Uses     quota.Sums `json:"uses"`
	WaitsFor quota.Sums `json:"waitsFor"`
	// Waiting is how many wait in a Project; absent where the caller may not read it.
	Waiting *int `json:"waiting,omitempty"`
	// Since is when the longest wait in a Project began, or when an AIWorkload or a ComputePool got its GPUs or began to wait.
	Since *time.Time `json:"since,omitempty"`
}

func (r *ranking) report(workloads bool, rows int) topReport {
	report := topReport{Items: []topItem{}}
	for _, s := range r.first(rows) {
		item := topItem{Tenant: s.tenant, Project: s.project, Phase: s.phase, GPUs: s.gpus(), Uses: s.held, WaitsFor: s.asked}
		item.Kind, item.Name, _ = strings.Cut(s.name, "/")
		if !workloads && !s.unknown {
			item.Waiting = &s.waiting
		}
		if !s.unknown && !s.since.IsZero() {
			item.Since = new(s.since.UTC())
		}
		report.Items = append(report.Items, item)
	}
	return report
}
