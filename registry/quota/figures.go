// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

const (
	// maxFamilies bounds the series of a Tenant, or a Project: members may ask for families of any name where nothing limits them.
	maxFamilies = 64
	// otherFamilies is the label of what is beyond that. No family has this name.
	otherFamilies = "_other"
)

// figures are gauges of the ledger that this process runs, read from its view when they are asked for: so they are right on
// every replica, and those of an object end with it.
var figures = &collector{}

func init() { legacyregistry.CustomMustRegister(figures) }

func describe(name, help string, labels ...string) *metrics.Desc {
	return metrics.NewDesc("tenancy_"+name, help, labels, nil, metrics.ALPHA, "")
}

var (
	ofTenant  = []string{"tenant", "family"}
	ofProject = []string{"tenant", "project", "family"}

	tenantFigures = gauges{
		describe("tenant_gpu_used", "Number of GPUs in use in a tenant, by family.", ofTenant...),
		describe("tenant_gpu_waiting", "Number of GPUs that a tenant's waiting requests ask for, by family.", ofTenant...),
		describe("tenant_gpu_limit", "Number of GPUs that may be in use in a tenant, by family; none where nothing limits it.", ofTenant...),
		describe("tenant_gpu_oversubscribed", "Number of GPUs in use in a tenant above its limit, by family; none where there are none.", ofTenant...),
	}
	projectFigures = gauges{
		describe("project_gpu_used", "Number of GPUs in use in a project, by family. Families that it neither uses nor waits for have no series.", ofProject...),
		describe("project_gpu_waiting", "Number of GPUs that a project's waiting requests ask for, by family.", ofProject...),
		describe("project_gpu_limit", "Number of GPUs that may be in use in a project, its own limit or its tenant's, by family; none where nothing limits it.", ofProject...),
		describe("project_gpu_oversubscribed", "Number of GPUs in use in a project above its limit, by family; none where there are none.", ofProject...),
	}
	requestsWaiting = describe("tenant_requests_waiting", "Number of a tenant's requests that wait for GPUs. One that asks for two families counts for both.", ofTenant...)
	ledgerReady     = describe("quota_ledger_ready", "Whether this server has read the ledger and hears of its changes, without which it decides on no GPUs.")
	ledgerRevision  = describe("quota_ledger_revision", "Revision of etcd up to which this server knows the ledger.")
	brokenRecords   = describe("quota_broken_records", "Number of records of the ledger that can't be read. Each stops the decisions on one tenant's GPUs.")
)

// gauges are what is shown of one family of a Tenant, or a Project.
type gauges struct{ used, waiting, limit, oversubscribed *metrics.Desc }

func (g gauges) all() []*metrics.Desc {
	return []*metrics.Desc{g.used, g.waiting, g.limit, g.oversubscribed}
}

// collector shows the figures of the running ledger. A process runs one; in tests it is the last.
type collector struct {
	metrics.BaseStableCollector
	ledger atomic.Pointer[Ledger]
}

// DescribeWithStability implements metrics.StableCollector.
func (c *collector) DescribeWithStability(descriptions chan<- *metrics.Desc) {
	for _, description := range slices.Concat(tenantFigures.all(), projectFigures.all(),
		[]*metrics.Desc{requestsWaiting, ledgerReady, ledgerRevision, brokenRecords}) {
		descriptions <- description
	}
}

// CollectWithStability implements metrics.StableCollector.
func (c *collector) CollectWithStability(found chan<- metrics.Metric) {
	ledger := c.ledger.Load()
	if ledger == nil {
		return
	}
	for _, figure := range ledger.view.figures() { // Sent without the lock, which decisions wait for.
		found <- metrics.NewLazyConstMetric(figure.of, metrics.GaugeValue, float64(figure.value), figure.labels...)
	}
}

// figure is the value of one series.
type figure struct {
	of     *metrics.Desc
	value  int64
	labels []string
}

func (v *view) figures() []figure {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := []figure{{ledgerReady, 0, nil}, {ledgerRevision, v.revision, nil}}
	if v.followed() {
		found[0].value = 1
	}
	broken := int64(0)
	for _, a := range v.accounts {
		broken += int64(len(a.broken))
		found = append(found, a.figures()...)
	}
	return append(found, figure{brokenRecords, broken, nil})
}

// figures are those of the Tenant, and of the families that its Projects use or wait for.
func (a *account) figures() (found []figure) {
	pending := quota.Sums{}
	for name, project := range a.projects {
		for family, n := range project.pending {
			pending[family] += n
		}
		busy := slices.DeleteFunc(quota.Usage(project.pending, a.committed(name)...), idle)
		found = append(found, projectFigures.of(bounded(busy, project.record.value.GPUs.Limits), a.name, name)...)
	}
	families := bounded(quota.Usage(pending, a.level()), a.tenant.value.GPUs.Limits)
	return append(append(found, tenantFigures.of(families, a.name)...), a.waitingFigures(families)...)
}

func idle(f spectrocloud.FamilyUsage) bool { return f.Used == 0 && f.Pending == 0 }

// waitingFigures count the requests that wait for each of families, which stand for all.
func (a *account) waitingFigures(families []spectrocloud.FamilyUsage) (found []figure) {
	rest := 0
	for _, places := range a.waiting.places {
		rest += len(places)
	}
	for _, f := range families {
		waiting := len(a.waiting.places[f.Family])
		if rest -= waiting; f.Family == otherFamilies {
			waiting = rest // It is the last.
		}
		found = append(found, figure{requestsWaiting, int64(waiting), []string{a.name, f.Family}})
	}
	return found
}

// bounded are the first maxFamilies of families: those that limits name, then by how many GPUs they are about. The rest
// follow as one, which nothing limits.
func bounded(families []spectrocloud.FamilyUsage, limits spectrocloud.GPUCounts) []spectrocloud.FamilyUsage {
	if len(families) <= maxFamilies {
		return families
	}
	weight := func(f spectrocloud.FamilyUsage) int64 {
		if _, named := limits[f.Family]; named {
			return math.MaxInt64
		}
		return f.Used + f.Pending
	}
	slices.SortStableFunc(families, func(a, b spectrocloud.FamilyUsage) int { return cmp.Compare(weight(b), weight(a)) })
	other := spectrocloud.FamilyUsage{Family: otherFamilies}
	for _, f := range families[maxFamilies:] {
		other.Used, other.Pending = other.Used+f.Used, other.Pending+f.Pending
	}
	return append(families[:maxFamilies:maxFamilies], other)
}

// of are the figures of families under the labels.
func (g gauges) of(families []spectrocloud.FamilyUsage, labels ...string) (found []figure) {
	for _, f := range families {
		of := append(slices.Clip(labels), f.Family)
		found = append(found, figure{g.used, f.Used, of}, figure{g.waiting, f.Pending, of})
		if f.Limit == nil {
			continue
		}
		found = append(found, figure{g.limit, *f.Limit, of})
		if over := f.Used - *f.Limit; over > 0 {
			found = append(found, figure{g.oversubscribed, over, of})
		}
	}
	return found
}
