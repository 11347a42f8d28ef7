// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// soon is how long what a server does by itself may take.
const soon = 30 * time.Second

// newWorkload is an AIWorkload that asks for gpus.
func newWorkload(project, name string, gpus counts) *spectrocloud.AIWorkload {
	return &spectrocloud.AIWorkload{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: project}, Spec: spectrocloud.AIWorkloadSpec{GPURequests: gpus}}
}

// newPool is a ComputePool of nodes that have 1 GPU of family each.
func newPool(project, name, family string, nodes int32) *spectrocloud.ComputePool {
	p := &spectrocloud.ComputePool{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: project}}
	p.Spec.ClusterVariant.Dedicated = &spectrocloud.ClusterDeployment{}
	p.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools = []spectrocloud.WorkerPool{
		{Name: "gpu", NodeCount: &nodes, GPU: &spectrocloud.GPURequirement{Family: family, GPUCount: 1}}}
	return p
}

func resizePool(p *spectrocloud.ComputePool, nodes int32) {
	p.Spec.ClusterVariant.Dedicated.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools[0].NodeCount = &nodes
}

func (s *server) createWorkload(ctx context.Context, w *spectrocloud.AIWorkload) (*spectrocloud.AIWorkload, error) {
	obj, err := s.workloads.Create(as(ctx, ann, "aiworkloads", "", w.Namespace), w, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: s.dryRun})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.AIWorkload), nil
}

func (s *server) createPool(ctx context.Context, p *spectrocloud.ComputePool) (*spectrocloud.ComputePool, error) {
	obj, err := s.pools.Create(as(ctx, ann, "computepools", "", p.Namespace), p, registryrest.ValidateAllObjectFunc, &metav1.CreateOptions{DryRun: s.dryRun})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.ComputePool), nil
}

func (s *server) getWorkload(ctx context.Context, project, name string) (*spectrocloud.AIWorkload, error) {
	obj, err := s.workloads.Get(as(ctx, ann, "aiworkloads", "", project), name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*spectrocloud.AIWorkload), nil
}

func (s *server) updateWorkload(ctx context.Context, project, name string, change func(*spectrocloud.AIWorkload)) error {
	return update(as(ctx, ann, "aiworkloads", "", project), s.workloads, name, s.dryRun, change)
}

func (s *server) updatePool(ctx context.Context, project, name string, change func(*spectrocloud.ComputePool)) error {
	return update(as(ctx, ann, "computepools", "", project), s.pools, name, s.dryRun, change)
}

// resizeWorkload makes the AIWorkload ask for gpus.
func (s *server) resizeWorkload(ctx context.Context, project, name string, gpus counts) error {
	return s.updateWorkload(ctx, project, name, func(w *spectrocloud.AIWorkload) { w.Spec.GPURequests = gpus })
}

func (s *server) suspendWorkload(ctx context.Context, project, name string, suspend bool) error {
	return s.updateWorkload(ctx, project, name, func(w *spectrocloud.AIWorkload) { w.Spec.Suspend = suspend })
}

// reportWorkload does what an outside provisioner does.
func (s *server) reportWorkload(ctx context.Context, project, name string, change func(*spectrocloud.ConsumerStatus)) error {
	return update(as(ctx, ann, "aiworkloads", "status", project), s.workloadStatus, name, s.dryRun,
		func(w *spectrocloud.AIWorkload) { change(&w.Status) })
}

func (s *server) deleteWorkload(ctx context.Context, project, name string) error {
	_, _, err := s.workloads.Delete(as(ctx, ann, "aiworkloads", "", project), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: s.dryRun})
	return err
}

func (s *server) deletePool(ctx context.Context, project, name string) error {
	_, _, err := s.pools.Delete(as(ctx, ann, "computepools", "", project), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{DryRun: s.dryRun})
	return err
}

// limitTenant and limitProject set all limits.
func (s *server) limitTenant(ctx context.Context, name string, limits counts) error {
	return s.updateTenant(ctx, name, func(tenant *spectrocloud.Tenant) { tenant.Spec.GPUResources.Limits = limits })
}

func (s *server) limitProject(ctx context.Context, name string, limits counts) error {
	return s.updateProject(ctx, name, func(p *spectrocloud.Project) { p.Spec.GPUResources.Limits = limits })
}

// usedBy is how many GPUs of family the Project uses, and how many wait, as its gpuusage says.
func (s *server) usedBy(ctx context.Context, project, family string) (used, pending int64, err error) {
	obj, err := s.projectUsage.Get(as(ctx, ann, "projects", "gpuusage", project), project, &metav1.GetOptions{})
	if err != nil {
		return 0, 0, err
	}
	for _, f := range obj.(*spectrocloud.GPUUsage).Families {
		if f.Family == family {
			return f.Used, f.Pending, nil
		}
	}
	return 0, 0, nil
}

// errorOf is the error of a call whose answer does not matter.
func errorOf[T any](_ T, err error) error { return err }

// reserved is the condition of a consumer that says whether it holds its GPUs.
func reserved(status spectrocloud.ConsumerStatus) metav1.Condition {
	for _, condition := range status.Conditions {
		if condition.Type == spectrocloud.ConditionQuotaReserved {
			return condition
		}
	}
	return metav1.Condition{}
}

// becomes waits until the AIWorkload is in phase.
func (s *server) becomes(t *testing.T, phase spectrocloud.ConsumerPhase, project, name string) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		w, err := s.getWorkload(context.Background(), project, name)
		require.NoError(t, err)
		assert.Equal(t, phase, w.Status.Phase, "%+v", w.Status)
	}, soon, 2*time.Millisecond)
}

// queue are the names of the AIWorkloads and ComputePools of all Projects of a Tenant that wait, in their order, as the
// ledger's records have it.
func queue(t *testing.T, client *clientv3.Client, tenant string) []string {
	t.Helper()
	response, err := client.Get(t.Context(), prefix+"/ledger/requests/"+tenant+"/", clientv3.WithPrefix())
	require.NoError(t, err)
	names := map[int64]string{}
	for _, kv := range response.Kvs {
		var record struct {
			Held  bool
			Place int64
		}
		require.NoError(t, json.Unmarshal(kv.Value, &record))
		if !record.Held {
			names[cmp.Or(record.Place, kv.ModRevision)] = path.Base(string(kv.Key))
		}
	}
	var waiting []string
	for _, place := range slices.Sorted(maps.Keys(names)) {
		waiting = append(waiting, names[place])
	}
	return waiting
}

// newQuotas makes Tenant acme and its Projects with these limits.
func newQuotas(t *testing.T, s *server, tenant counts, projects map[string]counts) {
	t.Helper()
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", tenant)))
	for name, limits := range projects {
		require.NoError(t, s.createProject(t.Context(), newProject(name, "acme", limits)))
	}
}
