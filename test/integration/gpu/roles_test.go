// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	client "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// as returns a client of someone in the group, by impersonation.
func as(t *testing.T, group string) client.SpectrocloudV1alpha1Interface {
	t.Helper()
	config := rest.CopyConfig(cluster.Config())
	config.Impersonate = rest.ImpersonationConfig{UserName: "sam", Groups: []string{group, "system:authenticated"}}
	clients, err := versioned.NewForConfig(config)
	require.NoError(t, err)
	return clients.SpectrocloudV1alpha1()
}

// TestWhoMayDoWhatWithGPUs is the table of docs/access.md on workloads, pools and usage.
func TestWhoMayDoWhatWithGPUs(t *testing.T) {
	t.Parallel()
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	stranger := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	p.ask(t, "seen", counts{a100: 1})
	framework.Eventually(t, "the Tenant to show itself to its Project's groups", func(ctx context.Context) error {
		_, err := as(t, p.project+"-admins").Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		return err
	})
	actions := []struct {
		what string
		do   func(context.Context, client.SpectrocloudV1alpha1Interface) error
	}{
		{"read workloads", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.AIWorkloads(p.project).List(ctx, metav1.ListOptions{})
			return err
		}},
		{"create workloads", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			created := workload("", counts{a100: 1})
			created.GenerateName = "by-role-"
			_, err := c.AIWorkloads(p.project).Create(ctx, created, metav1.CreateOptions{})
			return err
		}},
		{"suspend workloads", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.AIWorkloads(p.project).Patch(ctx, "seen", types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{})
			return err
		}},
		{"write a workload's status", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.AIWorkloads(p.project).Patch(ctx, "seen", types.MergePatchType, []byte(`{"status":{"phase":"Running"}}`), metav1.PatchOptions{}, "status")
			return err
		}},
		{"delete workloads at once", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			return c.AIWorkloads(p.project).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "none=none"})
		}},
		{"read pools", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.ComputePools(p.project).List(ctx, metav1.ListOptions{})
			return err
		}},
		{"create pools", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			created := pool("", 1, 1, a100)
			created.GenerateName = "by-role-"
			_, err := c.ComputePools(p.project).Create(ctx, created, metav1.CreateOptions{})
			return err
		}},
		{"read the Project's usage", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.Projects(p.project).GetGPUUsage(ctx, p.project, metav1.GetOptions{})
			return err
		}},
		{"read the Tenant", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
			return err
		}},
		{"read the Tenant's usage", func(ctx context.Context, c client.SpectrocloudV1alpha1Interface) error {
			_, err := c.Tenants().GetGPUUsage(ctx, p.tenant, metav1.GetOptions{})
			return err
		}},
	}
	reads := []string{"read workloads", "read pools", "read the Project's usage", "read the Tenant", "read the Tenant's usage"}
	for group, may := range map[string][]string{
		p.project + "-viewers": reads,
		p.project + "-editors": append([]string{"create workloads", "suspend workloads"}, reads...),
		p.project + "-admins":  append([]string{"create workloads", "suspend workloads", "create pools"}, reads...),
		p.tenant + "-managers": append([]string{"create workloads", "suspend workloads", "create pools"}, reads...),
		// Those of a neighbour.
		stranger.tenant + "-managers": nil,
		stranger.project + "-admins":  nil,
	} {
		person := as(t, group)
		for _, action := range actions {
			err := action.do(t.Context(), person)
			if slices.Contains(may, action.what) {
				assert.NoError(t, err, "%s: %s", group, action.what)
			} else {
				hidden := strings.HasPrefix(action.what, "read the") // Tenants and Projects of others are as if they were not there.
				assert.True(t, apierrors.IsForbidden(err) || hidden && apierrors.IsNotFound(err), "%s: %s: %v", group, action.what, err)
			}
		}
	}
}

// TestAProvisionerTakesAnAdmittedWorkloadFurther with the verbs that docs/access.md names, and can't take GPUs with them.
func TestAProvisionerTakesAnAdmittedWorkloadFurther(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 2}), v1alpha1.GPUResources{})
	p.ask(t, "runs", counts{a100: 2})
	p.ask(t, "waits", counts{a100: 1})
	name := framework.Name("provisioner")
	cluster.MustKubectl(t, "", "create", "clusterrole", name, "--verb=get,list,watch,update,patch",
		"--resource=aiworkloads.spectrocloud.com,computepools.spectrocloud.com,aiworkloads.spectrocloud.com/status,computepools.spectrocloud.com/status")
	cluster.MustKubectl(t, "", "create", "clusterrolebinding", name, "--clusterrole="+name, "--group="+name)
	provisioner := as(t, name).AIWorkloads(p.project)
	set := func(workload, status string) *v1alpha1.AIWorkload {
		var after *v1alpha1.AIWorkload
		framework.Eventually(t, "the provisioner's rights", func(ctx context.Context) (err error) {
			after, err = provisioner.Patch(ctx, workload, types.MergePatchType, []byte(`{"status":`+status+`}`), metav1.PatchOptions{}, "status")
			return err
		})
		return after
	}
	for _, phase := range []string{"Provisioning", "Running", "Failed", "Running"} {
		after := set("runs", `{"phase":"`+phase+`"}`)
		assert.EqualValues(t, phase, after.Status.Phase)
		assert.Equal(t, counts{a100: 2}, after.Status.GPUUsage)
	}
	after := set("waits", `{"phase":"Running","gpuUsage":{"NVIDIA-A100":1}}`)
	assert.Equal(t, v1alpha1.ConsumerPending, after.Status.Phase)
	assert.Empty(t, after.Status.GPUUsage)
	after = set("runs", `{"gpuUsage":null}`)
	assert.Equal(t, counts{a100: 2}, after.Status.GPUUsage)
	usage, err := tenancy.Projects(p.project).GetGPUUsage(t.Context(), p.project, metav1.GetOptions{})
	require.NoError(t, err)
	assert.EqualValues(t, 2, usage.Families[0].Used)
}
