// SPDX-License-Identifier: Apache-2.0

// Package gpu lets people do with GPU quota what docs/gpu-quota.md says that
// they can: ask, wait, be admitted, look, and clean up, with the real kubectl
// and real clients.
package gpu

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	client "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	a100 = "NVIDIA-A100"
	h100 = "NVIDIA-H100"
)

var (
	cluster *framework.Cluster
	tenancy client.SpectrocloudV1alpha1Interface
)

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) {
		config := rest.CopyConfig(c.Config())
		config.QPS, config.Burst = -1, -1
		clients, err := versioned.NewForConfig(config)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		cluster, tenancy = c, clients.SpectrocloudV1alpha1()
	})
}

type counts = v1alpha1.GPUCounts

// place is a Tenant with one Project, both ready.
type place struct{ tenant, project string }

// newPlace makes one with these limits and per-request maximums.
func newPlace(t *testing.T, tenant, project v1alpha1.GPUResources) place {
	t.Helper()
	p := place{framework.Name("tenant"), framework.Name("project")}
	object := framework.Tenant(p.tenant, p.tenant+"-managers")
	object.Spec.GPUResources = tenant
	_, err := tenancy.Tenants().Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	addProject(t, p.tenant, p.project, project)
	cluster.TenantReady(t, p.tenant)
	return p
}

func addProject(t *testing.T, tenant, name string, resources v1alpha1.GPUResources) {
	t.Helper()
	object := framework.Project(name, tenant)
	object.Spec.GPUResources = resources
	object.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: []string{name + "-viewers"}, Editor: []string{name + "-editors"}, Admin: []string{name + "-admins"}}
	_, err := tenancy.Projects(name).Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, name)
}

func limits(c counts) v1alpha1.GPUResources { return v1alpha1.GPUResources{Limits: c} }

func workload(name string, gpus counts) *v1alpha1.AIWorkload {
	return &v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AIWorkloadSpec{GPURequests: gpus}}
}

// pool is a shared ComputePool of nodes with so many GPUs each.
func pool(name string, nodes, gpus int32, family string) *v1alpha1.ComputePool {
	return &v1alpha1.ComputePool{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ComputePoolSpec{
		ClusterVariant: v1alpha1.ClusterVariant{Shared: &v1alpha1.ClusterDeployment{PaletteClusterDeploymentConfig: v1alpha1.PaletteClusterDeploymentConfig{
			CloudType: "edge-native",
			NodePoolRequirements: v1alpha1.NodePoolRequirements{WorkerPools: []v1alpha1.WorkerPool{{
				Name: "gpu", NodeCount: &nodes, GPU: &v1alpha1.GPURequirement{Family: family, GPUCount: gpus},
			}}},
		}}},
	}}
}

// ask creates an AIWorkload and returns the answer to the create.
func (p place) ask(t *testing.T, name string, gpus counts) *v1alpha1.AIWorkload {
	t.Helper()
	created, err := tenancy.AIWorkloads(p.project).Create(t.Context(), workload(name, gpus), metav1.CreateOptions{})
	require.NoError(t, err)
	return created
}

func (p place) get(t *testing.T, name string) *v1alpha1.AIWorkload {
	t.Helper()
	found, err := tenancy.AIWorkloads(p.project).Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	return found
}

func (p place) drop(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, tenancy.AIWorkloads(p.project).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

func (p place) limitProject(t *testing.T, limits string) {
	t.Helper()
	_, err := tenancy.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType,
		[]byte(`{"spec":{"gpuResources":{"limits":`+limits+`}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
}

func (p place) limitTenant(t *testing.T, limits string) {
	t.Helper()
	_, err := tenancy.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec":{"gpuResources":{"limits":`+limits+`}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
}

// reserved is the condition QuotaReserved.
func reserved(t *testing.T, status v1alpha1.ConsumerStatus) metav1.Condition {
	t.Helper()
	condition := meta.FindStatusCondition(status.Conditions, "QuotaReserved")
	require.NotNil(t, condition, "%+v", status)
	return *condition
}

// phaseIs returns a check that the AIWorkload is in that phase.
func (p place) phaseIs(name string, phase v1alpha1.ConsumerPhase) func(context.Context) error {
	return func(ctx context.Context) error {
		found, err := tenancy.AIWorkloads(p.project).Get(ctx, name, metav1.GetOptions{})
		if err == nil && found.Status.Phase != phase {
			err = fmt.Errorf("%s is %s", name, found.Status.Phase)
		}
		return err
	}
}
