// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"sync"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// figures are the metrics of this process. They are of the leader's making: a replica that does not lead shows none.
var figures = &collector{shown: map[string]shown{}}

func init() { legacyregistry.CustomMustRegister(figures) }

func describe(name, help string) *metrics.Desc {
	return metrics.NewDesc(name, help, []string{"tenant", "project", "family"}, nil, metrics.ALPHA, "")
}

var (
	used = describe("tenancy_gpu_used",
		"Number of GPUs in use in a project, by family. The sum over its projects is a tenant's.")
	pending = describe("tenancy_gpu_pending",
		"Number of GPUs that waiting requests of a project ask for, by family. The sum over its projects is a tenant's.")
	limit = describe("tenancy_gpu_limit",
		"Number of GPUs that may be in use in a project, by family, or with an empty project in all of a tenant's together; none where nothing limits it.")
)

// collector shows what the last look at each Tenant and Project found, by key.
type collector struct {
	metrics.BaseStableCollector

	lock  sync.Mutex
	shown map[string]shown
}

// shown is one Tenant, with no project, or one Project.
type shown struct {
	tenant, project string
	families        []v1alpha1.FamilyUsage
}

func (c *collector) show(key, tenant, project string, families []v1alpha1.FamilyUsage) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.shown[key] = shown{tenant, project, families}
}

func (c *collector) hide(key string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	delete(c.shown, key)
}

// DescribeWithStability implements metrics.StableCollector.
func (c *collector) DescribeWithStability(descriptions chan<- *metrics.Desc) {
	for _, description := range []*metrics.Desc{used, pending, limit} {
		descriptions <- description
	}
}

// CollectWithStability implements metrics.StableCollector.
func (c *collector) CollectWithStability(found chan<- metrics.Metric) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, shown := range c.shown {
		for _, family := range shown.families {
			gauge := func(description *metrics.Desc, value int64) {
				found <- metrics.NewLazyConstMetric(description, metrics.GaugeValue, float64(value), shown.tenant, shown.project, family.Family)
			}
			if shown.project != "" {
				gauge(used, family.Used)
				gauge(pending, family.Pending)
			}
			if family.Limit != nil {
				gauge(limit, *family.Limit)
			}
		}
	}
}
