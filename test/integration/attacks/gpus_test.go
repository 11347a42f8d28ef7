// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const a100 = "NVIDIA-A100"

// thief is one who may write AIWorkloads and ComputePools in a Project whose Tenant has four GPUs of one family.
type thief struct {
	party
	t *testing.T
}

func newThief(t *testing.T) thief {
	t.Helper()
	p := newParty(t)
	_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec": {"gpuResources": {"limits": {"NVIDIA-A100": 4, "Default": 0}, "requests": {"NVIDIA-A100": 4}}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	return thief{p, t}
}

// ask creates an AIWorkload of which metadata, spec and status are as given, and returns it.
func (f thief) ask(metadata, spec, status string) (created v1alpha1.AIWorkload, err error) {
	f.t.Helper()
	body := fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload", "metadata": %s, "spec": %s, "status": %s}`, metadata, spec, status)
	err = f.admin.REST().Post().Namespace(f.project).Resource("aiworkloads").Body([]byte(body)).Do(f.t.Context()).Into(&created)
	return created, err
}

// want is ask for GPUs under a name.
func (f thief) want(name string, gpus int) v1alpha1.AIWorkload {
	f.t.Helper()
	created, err := f.ask(fmt.Sprintf(`{"name": %q}`, name), fmt.Sprintf(`{"gpuRequests": {"NVIDIA-A100": %d}}`, gpus), `{}`)
	require.NoError(f.t, err)
	return created
}

func (f thief) patch(name, patch string, subresources ...string) error {
	f.t.Helper()
	return f.admin.REST().Patch(types.MergePatchType).Namespace(f.project).Resource("aiworkloads").Name(name).SubResource(subresources...).
		Body([]byte(patch)).Do(f.t.Context()).Error()
}

func (f thief) drop(name string) {
	f.t.Helper()
	require.NoError(f.t, f.admin.REST().Delete().Namespace(f.project).Resource("aiworkloads").Name(name).Do(f.t.Context()).Error())
}

// holds checks that exactly these workloads have been given GPUs of the Tenant's own, that each is charged for what it
// asks for, and that the ledger says the same.
func (f thief) holds(want map[string]int) {
	f.t.Helper()
	var list v1alpha1.AIWorkloadList
	require.NoError(f.t, cluster.Admin.REST().Get().Namespace(f.project).Resource("aiworkloads").Do(f.t.Context()).Into(&list))
	have, sum := map[string]int{}, 0
	for _, workload := range list.Items {
		switch workload.Status.Phase {
		case v1alpha1.ConsumerPending, v1alpha1.ConsumerSuspended:
			assert.Empty(f.t, workload.Status.GPUUsage, workload.Name)
		default:
			if workload.Spec.ComputePoolRef == nil {
				assert.Equal(f.t, workload.Spec.GPURequests, workload.Status.GPUUsage, workload.Name)
				have[workload.Name] = int(workload.Status.GPUUsage[a100])
				sum += have[workload.Name]
			}
		}
	}
	assert.Equal(f.t, want, have)
	usage, err := cluster.Admin.Tenants().GetGPUUsage(f.t.Context(), f.tenant, metav1.GetOptions{})
	require.NoError(f.t, err)
	used := 0
	for _, family := range usage.Families {
		used += int(family.Used)
	}
	assert.Equal(f.t, sum, used)
	assert.LessOrEqual(f.t, used, 4)
}

// TestNobodyHoldsGPUsUncharged is one who may write AIWorkloads, and tries to have more than there are.
func TestNobodyHoldsGPUsUncharged(t *testing.T) {
	f := newThief(t)
	holder := f.want("holder", 4)
	require.Equal(t, v1alpha1.ConsumerAdmitted, holder.Status.Phase)
	mine := map[string]int{"holder": 4}

	// A status of one's own, on the way in and later.
	const granted = `{"phase": "Running", "gpuUsage": {"NVIDIA-A100": 4}, "observedGeneration": 9, "conditions": [
		{"type": "QuotaReserved", "status": "True", "reason": "Reserved", "message": "", "lastTransitionTime": "2001-01-01T00:00:00Z"}]}`
	for i, metadata := range []string{
		`{"name": "waits"}`, `{"name": "as-holder", "uid": "` + string(holder.UID) + `"}`, `{"generateName": "holder-"}`,
		`{"name": "dying", "deletionTimestamp": "2001-01-01T00:00:00Z", "finalizers": ["example.com/hold"]}`,
		`{"name": "labelled", "labels": {"spectrocloud.com/tenant": "other", "spectrocloud.com/project": "other", "palette.ai/aiworkload-type": "model"}}`,
	} {
		created, err := f.ask(metadata, `{"gpuRequests": {"NVIDIA-A100": 1}}`, granted)
		require.NoError(t, err, metadata)
		assert.Equal(t, v1alpha1.ConsumerPending, created.Status.Phase, metadata)
		assert.NotEqual(t, holder.UID, created.UID)
		if i > 0 {
			defer f.drop(created.Name)
		}
	}
	require.NoError(t, f.patch("waits", `{"status": `+granted+`}`))
	framework.Refused(t, f.patch("waits", `{"status": `+granted+`}`, "status"), 403, "cannot patch resource")
	f.holds(mine)
	// The same name, while there is one; another version of it.
	_, err := f.ask(`{"name": "holder"}`, `{"gpuRequests": {"NVIDIA-A100": 4}}`, `{}`)
	framework.Refused(t, err, 409, "already exists")
	_, err = f.ask(`{"name": "versioned", "resourceVersion": "1"}`, `{}`, `{}`)
	assert.ErrorContains(t, err, "resourceVersion should not be set")
	// Numbers that may be counted as less than they are, and families that may be counted as others.
	for _, count := range []string{"-1", "0", "2147483648", "4294967297", "1.5", `"1"`, "1e1", "5"} {
		_, err := f.ask(`{"generateName": "counted-"}`, `{"gpuRequests": {"NVIDIA-A100": `+count+`}}`, `{}`)
		assert.Error(t, err, count)
	}
	for _, family := range []string{"nvidia-a100", "NVIDIA-A100 ", " NVIDIA-A100", "NVIDIA\u2010A100", "NVIDIA-A100\u200b", "default", "Default", "", "NVIDIA-A100\u0000"} {
		created, err := f.ask(`{"generateName": "family-"}`, `{"gpuRequests": {`+quoted(t, family)+`: 1}}`, `{}`)
		if err == nil {
			assert.Equal(t, v1alpha1.ConsumerPending, created.Status.Phase, "%q", family)
		}
	}
	f.holds(mine)
	// Suspended is given back, and not taken at will.
	require.NoError(t, f.patch("holder", `{"spec": {"gpuRequests": {"NVIDIA-A100": 3}}}`))
	f.eventually("waits", v1alpha1.ConsumerAdmitted)
	framework.Refused(t, f.patch("holder", `{"spec": {"gpuRequests": {"NVIDIA-A100": 4}}}`), 403, "can't be raised")
	require.NoError(t, f.patch("holder", `{"metadata": {"finalizers": ["example.com/hold"]}}`))
	f.drop("holder") // It is held, and held GPUs are charged: docs/gpu-quota.md.
	require.NoError(t, f.patch("holder", `{"spec": {"displayName": "still here"}, "status": null}`))
	f.holds(map[string]int{"holder": 3, "waits": 1})
	framework.Refused(t, f.patch("holder", `{"metadata": {"finalizers": ["example.com/another", "example.com/hold"]}}`), 422, "metadata.finalizers")
	require.NoError(t, f.patch("holder", `{"metadata": {"finalizers": null}}`))
}

func (f thief) eventually(name string, phase v1alpha1.ConsumerPhase) {
	f.t.Helper()
	framework.Eventually(f.t, name+" to be "+string(phase), func(ctx context.Context) error {
		var workload v1alpha1.AIWorkload
		if err := cluster.Admin.REST().Get().Namespace(f.project).Resource("aiworkloads").Name(name).Do(ctx).Into(&workload); err != nil {
			return err
		}
		if workload.Status.Phase != phase {
			return errors.New("it is " + string(workload.Status.Phase))
		}
		return nil
	})
}

// TestAPoolOfOthersPaysForNobody names a ComputePool, whose GPUs are charged to it, that is another Project's, gone or none.
func TestAPoolOfOthersPaysForNobody(t *testing.T) {
	f, other := newThief(t), newThief(t)
	pool := func(of thief, name string) {
		require.NoError(t, create(t, of.admin, "v1alpha1", "computepools", "ComputePool", of.project, name,
			`{"clusterVariant": {"shared": {"paletteClusterDeploymentConfig": {"cloudType": "edge-native", "nodePoolRequirements":
				{"workerPools": [{"name": "gpu", "nodeCount": 1, "gpu": {"family": "NVIDIA-A100", "gpuCount": 4}}]}}}}}`))
	}
	pool(other, "rich")
	pool(f, "gone")
	require.NoError(t, f.admin.REST().Delete().Namespace(f.project).Resource("computepools").Name("gone").Do(t.Context()).Error())
	on := func(ref string, gpus int) error {
		_, err := f.ask(`{"generateName": "on-"}`, fmt.Sprintf(`{"gpuRequests": {"NVIDIA-A100": %d}, "computePoolRef": %s}`, gpus, ref), `{}`)
		return err
	}
	for _, name := range []string{"rich", "gone", "nobody", other.project + "/rich", "../" + other.project + "/rich", "..", "Rich", ""} {
		framework.Refused(t, on(`{"name": `+quoted(t, name)+`}`, 1), 422, "spec.computePoolRef.name")
	}
	assert.Error(t, on(`{"name": "rich", "namespace": "`+other.project+`"}`, 1))
	pool(f, "own")
	framework.Refused(t, on(`{"name": "own"}`, 5), 403, "")
	require.NoError(t, on(`{"name": "own"}`, 4))
	created, err := f.ask(`{"name": "beside"}`, `{"gpuRequests": {"NVIDIA-A100": 1}}`, `{}`)
	require.NoError(t, err)
	assert.Equal(t, v1alpha1.ConsumerPending, created.Status.Phase)
	framework.Refused(t, f.patch("beside", `{"spec": {"computePoolRef": {"name": "own"}}}`), 422, "spec.computePoolRef")
	framework.Refused(t, f.patch("beside", `{"spec": {"clusterVariant": {}, "computePoolRef": {"name": "own"}}}`), 422, "spec.computePoolRef")
}
