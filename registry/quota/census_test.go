// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// census is who uses and who waits for what, counted from the objects in etcd and from nothing else.
type census struct {
	tenants  map[string]*spectrocloud.Tenant
	projects map[string]*spectrocloud.Project
	// used and pending are by Tenant or Project, and by family.
	used, pending map[string]map[string]int64
	waiting       []*spectrocloud.AIWorkload
	waitingPools  []*spectrocloud.ComputePool
}

func takeCensus(ctx context.Context, t require.TestingT, client *clientv3.Client) census {
	c := census{map[string]*spectrocloud.Tenant{}, map[string]*spectrocloud.Project{}, map[string]map[string]int64{}, map[string]map[string]int64{}, nil, nil}
	response, err := client.Get(ctx, prefix+"/", clientv3.WithPrefix(), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
	require.NoError(t, err)
	for _, kv := range response.Kvs { // Tenants and Projects come first.
		if strings.HasPrefix(string(kv.Key), prefix+"/ledger/") {
			continue
		}
		obj, err := decode(ctx, "", "", kv.Value)
		require.NoError(t, err)
		switch o := obj.(type) {
		case *spectrocloud.Tenant:
			c.tenants[o.Name] = o
		case *spectrocloud.Project:
			c.projects[o.Name] = o
		case *spectrocloud.AIWorkload:
			if c.count(o.Namespace, o.Spec.GPURequests, o.Status) {
				c.waiting = append(c.waiting, o)
			}
		case *spectrocloud.ComputePool:
			if c.count(o.Namespace, poolGPUs(o), o.Status) {
				c.waitingPools = append(c.waitingPools, o)
			}
		}
	}
	return c
}

// poolGPUs is what a pool of newPool asks for.
func poolGPUs(p *spectrocloud.ComputePool) counts {
	worker := p.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools[0]
	return counts{worker.GPU.Family: *worker.NodeCount}
}

// count counts what a consumer holds, or waits for, and says whether it waits.
func (c census) count(project string, asked counts, status spectrocloud.ConsumerStatus) bool {
	waits := status.Phase == pending && reserved(status).Reason == "Waiting"
	for _, owner := range []string{project, c.projects[project].Spec.TenantRef.Name} {
		for _, sums := range []map[string]map[string]int64{c.used, c.pending} {
			if sums[owner] == nil {
				sums[owner] = map[string]int64{}
			}
		}
		for family, n := range status.GPUUsage {
			c.used[owner][family] += int64(n)
		}
		for family, n := range asked {
			if waits {
				c.pending[owner][family] += int64(n)
			}
		}
	}
	return waits
}

// fits says whether gpus could be given to a consumer of project now.
func (c census) fits(project string, gpus counts) bool {
	p := c.projects[project]
	tenant := c.tenants[p.Spec.TenantRef.Name]
	for family, n := range gpus {
		if most, ok := lookup(p.Spec.GPUResources.Limits, family); ok && c.used[p.Name][family]+int64(n) > int64(most) {
			return false
		}
		if most, ok := lookup(tenant.Spec.GPUResources.Limits, family); ok && c.used[tenant.Name][family]+int64(n) > int64(most) {
			return false
		}
	}
	return p.DeletionTimestamp == nil
}

// awaitQuiet waits until nothing is left to admit: no request waits that fits.
func awaitQuiet(t *testing.T, client *clientv3.Client) census {
	t.Helper()
	var c census
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		c = takeCensus(context.Background(), t, client)
		for _, w := range c.waiting {
			assert.False(t, c.fits(w.Namespace, w.Spec.GPURequests), "%s/%s waits for %v though they are free", w.Namespace, w.Name, w.Spec.GPURequests)
		}
		for _, p := range c.waitingPools {
			assert.False(t, c.fits(p.Namespace, poolGPUs(p)), "%s/%s waits for %v though they are free", p.Namespace, p.Name, poolGPUs(p))
		}
	}, soon, 5*time.Millisecond)
	return c
}

// agrees checks that the gpuusage of every Tenant and Project says what the objects say.
func (c census) agrees(t *testing.T, s *server) {
	t.Helper()
	check := func(owner string, families []spectrocloud.FamilyUsage) {
		for _, f := range families {
			assert.Equal(t, c.used[owner][f.Family], f.Used, "%s uses of %s", owner, f.Family)
			assert.Equal(t, c.pending[owner][f.Family], f.Pending, "%s waits for of %s", owner, f.Family)
		}
		for family, n := range c.used[owner] {
			assert.True(t, n == 0 || contains(families, family), "%s uses %s", owner, family)
		}
	}
	for name := range c.projects {
		obj, err := s.projectUsage.Get(as(t.Context(), ann, "projects", "gpuusage", name), name, &metav1.GetOptions{})
		require.NoError(t, err)
		check(name, obj.(*spectrocloud.GPUUsage).Families)
	}
	for name := range c.tenants {
		obj, err := s.tenantUsage.Get(as(t.Context(), ann, "tenants", "gpuusage", ""), name, &metav1.GetOptions{})
		require.NoError(t, err)
		usage := obj.(*spectrocloud.GPUUsage)
		check(name, usage.Families)
		for _, project := range usage.Projects {
			check(project.Name, project.Families)
		}
	}
}

func contains(families []spectrocloud.FamilyUsage, family string) bool {
	for _, f := range families {
		if f.Family == family {
			return true
		}
	}
	return false
}
