// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// oldest is looked up in the caches when it is asked for, so it is right on a replica that does not lead, too, and ends with
// its Tenant.
var oldest = &collector{}

func init() { legacyregistry.CustomMustRegister(oldest) }

var oldestWaiting = metrics.NewDesc("tenancy_tenant_oldest_waiting_timestamp_seconds",
	"Unix time since when the tenant's request that waits longest for GPUs has not had them; none where none waits.",
	[]string{"tenant"}, nil, metrics.ALPHA, "")

type collector struct {
	metrics.BaseStableCollector
	watched atomic.Pointer[informers.Set]
}

// DescribeWithStability implements metrics.StableCollector.
func (c *collector) DescribeWithStability(descriptions chan<- *metrics.Desc) {
	descriptions <- oldestWaiting
}

// CollectWithStability implements metrics.StableCollector.
func (c *collector) CollectWithStability(found chan<- metrics.Metric) {
	watched := c.watched.Load()
	if watched == nil || !watched.HasSynced() {
		return
	}
	for tenant, since := range waitingSince(watched) {
		found <- metrics.NewLazyConstMetric(oldestWaiting, metrics.GaugeValue, float64(since.Unix()), tenant)
	}
}

// waitingSince is since when the request that waits longest in each Tenant does.
func waitingSince(watched *informers.Set) map[string]time.Time {
	byProject := map[string]time.Time{}
	look := func(project string, consumer v1alpha1.ConsumerStatus) {
		condition := meta.FindStatusCondition(consumer.Conditions, v1alpha1.ConditionQuotaReserved)
		if condition == nil || condition.Reason != status.Waiting {
			return
		}
		if first, ok := byProject[project]; !ok || condition.LastTransitionTime.Time.Before(first) {
			byProject[project] = condition.LastTransitionTime.Time
		}
	}
	// Listing from a cache fails only for selectors that can't be read.
	workloads, _ := watched.AIWorkloads.Lister().List(labels.Everything())
	for _, workload := range workloads {
		look(workload.Namespace, workload.Status)
	}
	pools, _ := watched.ComputePools.Lister().List(labels.Everything())
	for _, pool := range pools {
		look(pool.Namespace, pool.Status)
	}
	byTenant := map[string]time.Time{}
	for project, since := range byProject {
		object, err := watched.Projects.Lister().Projects(project).Get(project)
		if err != nil {
			continue // It is on its way, or gone with what waits in it.
		}
		tenant := object.Spec.TenantRef.Name
		if first, ok := byTenant[tenant]; !ok || since.Before(first) {
			byTenant[tenant] = since
		}
	}
	return byTenant
}
