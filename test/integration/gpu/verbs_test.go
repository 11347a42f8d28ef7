// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestASuspendedWorkloadGivesItsGPUsBackAndQueuesAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 4}), v1alpha1.GPUResources{})
	suspend := func(name, value string) *v1alpha1.AIWorkload {
		after, err := tenancy.AIWorkloads(p.project).Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":{"suspend":`+value+`}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		return after
	}
	p.ask(t, "first", counts{a100: 4})
	p.ask(t, "second", counts{a100: 4})
	p.ask(t, "third", counts{a100: 4})

	after := suspend("first", "true")
	assert.Equal(t, v1alpha1.ConsumerSuspended, after.Status.Phase)
	assert.Empty(t, after.Status.GPUUsage)
	framework.Eventually(t, "second", p.phaseIs("second", v1alpha1.ConsumerAdmitted))
	assert.Equal(t, v1alpha1.ConsumerPending, suspend("first", "false").Status.Phase, "it comes back to the end of the queue")
	p.drop(t, "second")
	framework.Eventually(t, "third", p.phaseIs("third", v1alpha1.ConsumerAdmitted))
	assert.Equal(t, v1alpha1.ConsumerPending, p.get(t, "first").Status.Phase)
	suspend("first", "true")
	p.drop(t, "third")
	assert.Equal(t, v1alpha1.ConsumerAdmitted, suspend("first", "false").Status.Phase)
}

func TestAPoolIsChargedAndItsWorkloadsAreNot(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 8}), v1alpha1.GPUResources{})
	created, err := tenancy.ComputePools(p.project).Create(t.Context(), pool("pool", 2, 4, a100), metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, v1alpha1.ConsumerAdmitted, created.Status.Phase)
	assert.Equal(t, counts{a100: 8}, created.Status.GPUUsage)
	on := workload("on-pool", counts{a100: 4})
	on.Spec.ComputePoolRef = &v1alpha1.LocalReference{Name: "pool"}
	running, err := tenancy.AIWorkloads(p.project).Create(t.Context(), on, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, v1alpha1.ConsumerAdmitted, running.Status.Phase)
	assert.Empty(t, running.Status.GPUUsage)
	text := cluster.MustKubectl(t, "", "get", "computepools", "-n", p.project)
	assertRow(t, text, "pool", "Admitted", "8", a100)
	framework.Eventually(t, "the statuses", p.statusIs(counts{a100: 8}))
}

func TestApplyDryRunAndSelectorsWork(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 4}), v1alpha1.GPUResources{})
	apply := func(name string, gpus int, args ...string) string {
		return cluster.MustKubectl(t, manifest(name, gpus), append([]string{"apply", "--server-side", "-n", p.project, "-f", "-", "-o", "jsonpath={.status.phase}"}, args...)...)
	}
	assert.Equal(t, "Admitted", apply("dry", 4, "--dry-run=server"))
	assert.Equal(t, "Admitted", apply("real", 3))
	assert.Equal(t, "Pending", apply("dry", 2, "--dry-run=server"))
	assert.Equal(t, "Pending", apply("waits", 2))
	assert.Equal(t, "Admitted", apply("real", 2), "less of it, applied again")
	framework.Eventually(t, "what it left", p.phaseIs("waits", v1alpha1.ConsumerAdmitted))
	_, stderr, err := cluster.Kubectl(t, manifest("real", 3), nil, "apply", "--server-side", "-n", p.project, "-f", "-")
	require.Error(t, err, "raising what holds GPUs beyond what fits")
	assert.Contains(t, stderr, "it holds 2 NVIDIA-A100")
	usage, err := tenancy.Projects(p.project).GetGPUUsage(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 4, usage.Families[0].Used)

	apply("late", 1)
	names := func(selector string) []string {
		return strings.Fields(cluster.MustKubectl(t, "", "get", "aiworkloads", "-n", p.project, "-o", "name", "--field-selector", selector))
	}
	assert.Equal(t, []string{"aiworkload.spectrocloud.com/late"}, names("status.phase=Pending"))
	assert.Equal(t, []string{"aiworkload.spectrocloud.com/real"}, names("metadata.name=real"))
	assert.Empty(t, names("spec.computePoolRef.name=pool"))
}

func TestGetWatchSeesAWorkloadWaitAndBeAdmitted(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 1}), v1alpha1.GPUResources{})
	p.ask(t, "before", counts{a100: 1})
	ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
	defer cancel()
	command := cluster.KubectlCommand(ctx, nil, "get", "aiworkloads", "-n", p.project, "--watch", "--output-watch-events", "--field-selector", "metadata.name=watched",
		"-o", `jsonpath={.type} {.object.status.phase}{"\n"}`)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	defer func() { cancel(); _ = command.Wait() }()
	p.ask(t, "watched", counts{a100: 1})
	lines := bufio.NewScanner(stdout)
	for _, want := range []string{"ADDED Pending", "MODIFIED Admitted", "DELETED Admitted"} {
		require.True(t, lines.Scan(), "the watch ended before %s", want)
		assert.Equal(t, want, lines.Text())
		switch want {
		case "ADDED Pending":
			p.drop(t, "before")
		case "MODIFIED Admitted":
			p.drop(t, "watched")
		}
	}
}

func TestAWorkloadOutsideAProjectIsRefused(t *testing.T) {
	t.Parallel()
	_, err := tenancy.AIWorkloads("default").Create(t.Context(), workload("lost", counts{a100: 1}), metav1.CreateOptions{})
	framework.Refused(t, err, 422, "is not the namespace of a Project")
	_, stderr, err := cluster.Kubectl(t, fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload", "metadata": {"name": %q}}`, "lost"),
		nil, "create", "-n", "default", "-f", "-")
	require.Error(t, err)
	assert.Contains(t, stderr, "is not the namespace of a Project")
}
