// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// crowd fills a Project with workloads that hold GPUs, workloads that wait, a pool, and workloads without GPUs.
func (p place) crowd(t *testing.T, count int) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(8)
	for i := range count {
		group.Go(func() error {
			gpus := counts{a100: 1}
			if i%10 == 0 {
				gpus = nil
			}
			_, err := tenancy.AIWorkloads(p.project).Create(t.Context(), workload(fmt.Sprintf("w-%d", i), gpus), metav1.CreateOptions{})
			return err
		})
	}
	group.Go(func() error {
		_, err := tenancy.ComputePools(p.project).Create(t.Context(), pool("pool", 1, 1, h100), metav1.CreateOptions{})
		return err
	})
	require.NoError(t, group.Wait())
}

func (p place) projectGone(t *testing.T) {
	t.Helper()
	framework.Eventually(t, "the end of Project "+p.project, gone(func(ctx context.Context) error {
		_, err := tenancy.Projects(p.project).Get(ctx, p.project, metav1.GetOptions{})
		return err
	}))
}

// gone returns a check that get finds nothing.
func gone(get func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := get(ctx)
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err == nil:
			return errors.New("it is still there")
		}
		return err
	}
}

// usageIsNothing checks that no GPU of the Tenant is held or waited for.
func (p place) usageIsNothing(t *testing.T) {
	t.Helper()
	usage, err := tenancy.Tenants().GetGPUUsage(t.Context(), p.tenant, metav1.GetOptions{})
	require.NoError(t, err)
	for _, family := range usage.Families {
		assert.Zero(t, family.Used, family.Family)
		assert.Zero(t, family.Pending, family.Family)
	}
}

func TestADeletedProjectTakesItsWorkloadsWithIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 30}), v1alpha1.GPUResources{})
	p.crowd(t, 60)
	require.NoError(t, tenancy.Projects(p.project).Delete(t.Context(), p.project, metav1.DeleteOptions{}))
	p.projectGone(t)
	p.usageIsNothing(t)
	list, err := tenancy.AIWorkloads(p.project).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, list.Items)
	require.NoError(t, tenancy.Tenants().Delete(t.Context(), p.tenant, metav1.DeleteOptions{}))
}

func TestADeletedNamespaceTakesProjectAndWorkloadsWithIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 30}), v1alpha1.GPUResources{})
	p.crowd(t, 60)
	cluster.MustKubectl(t, "", "delete", "namespace", p.project, "--timeout=45s")
	p.projectGone(t)
	p.usageIsNothing(t)
}

func TestAnAdoptedNamespaceOutlivesItsProjectButNotItsWorkloads(t *testing.T) {
	t.Parallel()
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	adopted := place{p.tenant, framework.Name("adopted")}
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: adopted.project, Labels: map[string]string{v1alpha1.LabelAdopt: "project." + adopted.project},
	}}, metav1.CreateOptions{})
	require.NoError(t, err)
	addProject(t, p.tenant, adopted.project, v1alpha1.GPUResources{})
	adopted.crowd(t, 12)
	require.NoError(t, tenancy.Projects(adopted.project).Delete(t.Context(), adopted.project, metav1.DeleteOptions{}))
	adopted.projectGone(t)
	adopted.usageIsNothing(t)
	namespace, err := cluster.Admin.Host.CoreV1().Namespaces().Get(t.Context(), adopted.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Nil(t, namespace.DeletionTimestamp)
	list, err := tenancy.AIWorkloads(adopted.project).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, list.Items)
}

// TestAWorkloadHeldByAFinalizerHoldsItsProject and its GPUs, and the Project says so.
func TestAWorkloadHeldByAFinalizerHoldsItsProject(t *testing.T) {
	t.Parallel()
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	for name, gpus := range map[string]counts{"held-1": {a100: 1}, "held-2": nil} {
		held := workload(name, gpus)
		held.Finalizers = []string{"example.com/teardown"}
		_, err := tenancy.AIWorkloads(p.project).Create(t.Context(), held, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	p.ask(t, "free", counts{a100: 1})
	require.NoError(t, tenancy.Projects(p.project).Delete(t.Context(), p.project, metav1.DeleteOptions{}))
	says := func(fragment string) func(context.Context) error {
		return func(ctx context.Context) error {
			project, err := tenancy.Projects(p.project).Get(ctx, p.project, metav1.GetOptions{})
			if err != nil {
				return err
			}
			condition := meta.FindStatusCondition(project.Status.Conditions, "NamespaceReady")
			if condition == nil || condition.Reason != "ConsumersRemain" || !strings.Contains(condition.Message, fragment) {
				return fmt.Errorf("it says %+v", condition)
			}
			return nil
		}
	}
	framework.Eventually(t, "what the Project waits for", says("AIWorkloads (2: held-1, held-2)"))
	usage, err := tenancy.Projects(p.project).GetGPUUsage(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 1, usage.Families[0].Used)
	_, err = tenancy.AIWorkloads(p.project).Create(t.Context(), workload("late", counts{a100: 1}), metav1.CreateOptions{})
	framework.Refused(t, err, 403, "is being deleted")

	release := func(name string) {
		_, err := tenancy.AIWorkloads(p.project).Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		require.NoError(t, err)
	}
	release("held-1")
	framework.Eventually(t, "the rest of it", says("AIWorkloads (1: held-2)"))
	described := cluster.MustKubectl(t, "", "describe", "project", p.project, "-n", p.project)
	assert.Contains(t, described, "Waiting for its AIWorkloads (1: held-2) to go")
	release("held-2")
	p.projectGone(t)
	p.usageIsNothing(t)
}
