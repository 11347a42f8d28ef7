// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestGPUUsageIsTheSameHoweverItIsRead is read right after the writes: it is no cached status.
func TestGPUUsageIsTheSameHoweverItIsRead(t *testing.T) {
	t.Parallel()
	p := newPlace(t,
		v1alpha1.GPUResources{Limits: counts{a100: 16}, Requests: counts{a100: 8, "Default": 2}},
		v1alpha1.GPUResources{Limits: counts{a100: 8}, Requests: counts{a100: 6}})
	p.ask(t, "runs", counts{a100: 6, h100: 1})
	p.ask(t, "waits", counts{a100: 4})
	of := func(family string, limit, used, pending, available, request int64) v1alpha1.FamilyUsage {
		usage := v1alpha1.FamilyUsage{Family: family, Used: used, Pending: pending, RequestLimit: &request}
		if limit > 0 {
			usage.Limit, usage.Available = &limit, &available
		}
		return usage
	}
	ofProject := []v1alpha1.FamilyUsage{of("Default", 0, 0, 0, 0, 2), of(a100, 8, 6, 4, 2, 6), of(h100, 0, 1, 0, 0, 2)}
	ofTenant := []v1alpha1.FamilyUsage{of("Default", 0, 0, 0, 0, 2), of(a100, 16, 6, 4, 10, 8), of(h100, 0, 1, 0, 0, 2)}

	project, err := tenancy.Projects(p.project).GetGPUUsage(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, p.project, project.Name)
	assert.Equal(t, ofProject, project.Families)
	assert.Empty(t, project.Projects)
	tenant, err := tenancy.Tenants().GetGPUUsage(t.Context(), p.tenant, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, ofTenant, tenant.Families)
	assert.Equal(t, []v1alpha1.ProjectUsage{{Name: p.project, Families: ofProject}}, tenant.Projects)

	for _, read := range []struct {
		what string
		into func(*v1alpha1.GPUUsage)
		want *v1alpha1.GPUUsage
	}{
		{"the Tenant's -o yaml", func(into *v1alpha1.GPUUsage) {
			text := cluster.MustKubectl(t, "", "get", "tenant", p.tenant, "--subresource=gpuusage", "-o", "yaml")
			require.NoError(t, yaml.UnmarshalStrict([]byte(text), into))
		}, tenant},
		{"the Project's -o yaml", func(into *v1alpha1.GPUUsage) {
			text := cluster.MustKubectl(t, "", "get", "project", p.project, "-n", p.project, "--subresource=gpuusage", "-o", "yaml")
			require.NoError(t, yaml.UnmarshalStrict([]byte(text), into))
		}, project},
		{"the Tenant's --raw", func(into *v1alpha1.GPUUsage) {
			text := cluster.MustKubectl(t, "", "get", "--raw", "/apis/spectrocloud.com/v1alpha1/tenants/"+p.tenant+"/gpuusage")
			require.NoError(t, json.Unmarshal([]byte(text), into))
		}, tenant},
	} {
		var got v1alpha1.GPUUsage
		read.into(&got)
		assert.Equal(t, "GPUUsage", got.Kind, read.what)
		assert.Equal(t, "spectrocloud.com/v1alpha1", got.APIVersion, read.what)
		assert.Equal(t, read.want.Families, got.Families, read.what)
		assert.Equal(t, read.want.Projects, got.Projects, read.what)
	}

	table := cluster.MustKubectl(t, "", "get", "project", p.project, "-n", p.project, "--subresource=gpuusage")
	assertRow(t, table, a100, "8", "6", "4", "2", "6")
	table = cluster.MustKubectl(t, "", "get", "tenant", p.tenant, "--subresource=gpuusage")
	assert.Contains(t, table, a100)
	assert.Contains(t, table, p.project)
}

// TestAStatusConverges measures from a write to the status that counts it, as a watch sees both.
func TestAStatusConverges(t *testing.T) {
	p := newPlace(t, limits(counts{a100: 100}), v1alpha1.GPUResources{})
	var delays []time.Duration
	for i := range 5 {
		written := time.Now()
		p.ask(t, fmt.Sprintf("w-%d", i), counts{a100: 1})
		framework.Eventually(t, "both statuses", p.statusIs(counts{a100: int32(i + 1)}))
		delays = append(delays, time.Since(written))
	}
	slices.Sort(delays)
	t.Logf("from a write to both statuses: %v", delays)
	assert.Less(t, delays[len(delays)/2], time.Second)
}

// statusIs returns a check that the statuses of both count that.
func (p place) statusIs(want counts) func(context.Context) error {
	return func(ctx context.Context) error {
		project, err := tenancy.Projects(p.project).Get(ctx, p.project, metav1.GetOptions{})
		if err != nil {
			return err
		}
		tenant, err := tenancy.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if got := project.Status.GPUUsage; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("the Project's is %v", got)
		}
		if got := tenant.Status.GPUUsage[p.project]; fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("the Tenant's is %v", got)
		}
		return nil
	}
}

func TestABurstIsWrittenTogetherAndNobodyStarves(t *testing.T) {
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
	defer cancel()
	project, err := tenancy.Projects(p.project).Get(ctx, p.project, metav1.GetOptions{})
	require.NoError(t, err)
	seen, err := tenancy.Projects(p.project).Watch(ctx, metav1.ListOptions{ResourceVersion: project.ResourceVersion})
	require.NoError(t, err)
	defer seen.Stop()

	// Writers that pause for nothing, until the status has followed them a few times.
	var writers errgroup.Group
	writing, stop := context.WithCancel(ctx)
	defer stop()
	created := make([]int32, 4)
	for writer := range created {
		writers.Go(func() error {
			for ; writing.Err() == nil; created[writer]++ {
				name := fmt.Sprintf("w-%d-%d", writer, created[writer])
				if _, err := tenancy.AIWorkloads(p.project).Create(ctx, workload(name, counts{a100: 1}), metav1.CreateOptions{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	began := time.Now()
	const changes = 8
	var last int32
	for found := 0; found < changes; {
		event, ok := <-seen.ResultChan()
		require.True(t, ok, "the watch ended after %d changes of the status", found)
		if usage := event.Object.(*v1alpha1.Project).Status.GPUUsage[a100]; usage != last {
			found, last = found+1, usage
		}
	}
	took := time.Since(began)
	stop()
	require.NoError(t, writers.Wait())
	var total int32
	for _, count := range created {
		total += count
	}
	t.Logf("%d creates, a status each %v", total, (took / changes).Round(time.Millisecond))
	assert.Greater(t, took/changes, 200*time.Millisecond, "it is written together")
	framework.Eventually(t, "the end", p.statusIs(counts{a100: total}))
}

func TestWhatIsNoLongerUsedIsNoLongerInTheStatus(t *testing.T) {
	t.Parallel()
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	other := place{p.tenant, framework.Name("project")}
	addProject(t, p.tenant, other.project, v1alpha1.GPUResources{})
	p.ask(t, "one", counts{a100: 1, h100: 2})
	other.ask(t, "two", counts{h100: 3})
	usage := func(want map[string]counts) func(context.Context) error {
		return func(ctx context.Context) error {
			tenant, err := tenancy.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
			if err == nil && fmt.Sprint(tenant.Status.GPUUsage) != fmt.Sprint(want) {
				err = fmt.Errorf("it is %v", tenant.Status.GPUUsage)
			}
			return err
		}
	}
	framework.Eventually(t, "all of it", usage(map[string]counts{p.project: {a100: 1, h100: 2}, other.project: {h100: 3}}))
	_, err := tenancy.AIWorkloads(p.project).Patch(t.Context(), "one", types.MergePatchType, []byte(`{"spec":{"gpuRequests":{"NVIDIA-H100":null}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "a family less", usage(map[string]counts{p.project: {a100: 1}, other.project: {h100: 3}}))
	p.drop(t, "one")
	framework.Eventually(t, "a Project less", usage(map[string]counts{other.project: {h100: 3}}))
	other.drop(t, "two")
	framework.Eventually(t, "nothing", usage(nil))

	// Each writer owns its part of the status.
	tenant, err := tenancy.Tenants().Get(t.Context(), p.tenant, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Len(t, tenant.Status.Conditions, 4)
	assert.NotNil(t, meta.FindStatusCondition(tenant.Status.Conditions, "TenantOversubscribed"))
	for _, entry := range tenant.ManagedFields {
		owns := entry.FieldsV1.GetRawString()
		if entry.Manager == "tenancy-controller-manager-gpuusage" {
			assert.NotContains(t, owns, "NamespaceReady")
			assert.NotContains(t, owns, "f:projects")
		} else {
			assert.NotContains(t, owns, "TenantOversubscribed", entry.Manager)
			assert.NotContains(t, owns, "f:gpuUsage", entry.Manager)
		}
	}
}

// TestATenantIsOversubscribedByItsTotal though each Project is within its own limit.
func TestATenantIsOversubscribedByItsTotal(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 8}), v1alpha1.GPUResources{})
	other := place{p.tenant, framework.Name("project")}
	addProject(t, p.tenant, other.project, v1alpha1.GPUResources{})
	p.ask(t, "one", counts{a100: 4})
	other.ask(t, "two", counts{a100: 4})
	framework.Eventually(t, "one status", p.statusIs(counts{a100: 4}))
	framework.Eventually(t, "the other", other.statusIs(counts{a100: 4}))
	p.limitTenant(t, `{"NVIDIA-A100":7}`)
	framework.Eventually(t, "the Tenant", func(ctx context.Context) error {
		tenant, err := tenancy.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		if err != nil {
			return err
		}
		condition := meta.FindStatusCondition(tenant.Status.Conditions, "TenantOversubscribed")
		if condition == nil || condition.Status != metav1.ConditionTrue || condition.ObservedGeneration != tenant.Generation {
			return fmt.Errorf("it is %+v", condition)
		}
		return nil
	})
	project, err := tenancy.Projects(p.project).Get(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.True(t, meta.IsStatusConditionFalse(project.Status.Conditions, "Oversubscribed"))
	assert.Equal(t, v1alpha1.ConsumerPending, p.ask(t, "three", counts{a100: 1}).Status.Phase)

	// A Project is measured by its Tenant's limit where it has none of its own, also if nothing else is to make anyone look at
	// the Project.
	allLookedAt(t)
	p.limitTenant(t, `{"NVIDIA-A100":3}`)
	for _, name := range []string{p.project, other.project} {
		framework.Eventually(t, name, func(ctx context.Context) error {
			project, err := tenancy.Projects(name).Get(ctx, name, metav1.GetOptions{})
			if err == nil && !meta.IsStatusConditionTrue(project.Status.Conditions, "Oversubscribed") {
				err = fmt.Errorf("it is %+v", project.Status.Conditions)
			}
			return err
		})
	}
}
