// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// shop creates a Project that may use four A100, and a pool and two workloads that ask for two, three and two of them: the
// second waits, and the third runs on the pool.
func shop(t *testing.T) (tenant, project string) {
	t.Helper()
	tenant, project = framework.Name("tenant"), framework.Name("project")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	limited := framework.Project(project, tenant)
	limited.Spec.GPUResources = v1alpha1.GPUResources{Limits: v1alpha1.GPUCounts{"A100": 4}, Requests: v1alpha1.GPUCounts{"Default": 3}}
	_, err = cluster.Admin.Projects(project).Create(t.Context(), limited, metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, project)
	cluster.MustKubectl(t, poolManifest(project, "pool", 2), "create", "-f", "-")
	cluster.MustKubectl(t, fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload",
		"metadata": {"name": "app", "namespace": %q}, "spec": {"gpuRequests": {"A100": 3}}}`, project), "create", "-f", "-")
	cluster.MustKubectl(t, fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload",
		"metadata": {"name": "chat", "namespace": %q, "labels": {"palette.ai/aiworkload-type": "model"}},
		"spec": {"computePoolRef": {"name": "pool"}, "gpuRequests": {"A100": 2}}}`, project), "create", "-f", "-")
	framework.Eventually(t, "the Tenant to show the pool's GPUs", func(ctx context.Context) error {
		shown, err := cluster.Admin.Tenants().Get(ctx, tenant, metav1.GetOptions{})
		if err == nil && shown.Status.GPUUsage[project]["A100"] != 2 {
			err = fmt.Errorf("it shows %v", shown.Status.GPUUsage)
		}
		return err
	})
	return tenant, project
}

// poolManifest is a shared ComputePool with one worker pool of A100.
func poolManifest(project, name string, gpus int) string {
	return fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "ComputePool", "metadata": {"name": %q, "namespace": %q},
		"spec": {"clusterVariant": {"shared": {"paletteClusterDeploymentConfig": {"nodePoolRequirements": {"workerPools": [
			{"name": "gpu", "gpu": {"family": "A100", "gpuCount": %d}}]}}}}}}`, name, project, gpus)
}

func TestConsumersPrintWhatTheyAskForAndWhyTheyWait(t *testing.T) {
	_, project := shop(t)
	get := func(args ...string) string {
		return cluster.MustKubectl(t, "", append([]string{"get", "-n", project}, args...)...)
	}
	assert.Equal(t, []string{"NAME", "VARIANT", "PHASE", "GPUS", "QUEUE", "REASON", "AGE"}, headers(get("cpool")))
	assert.Regexp(t, `(?m)^pool +Shared +Admitted +2 A100 +\d+s$`, get("computepools"))
	workloads := get("aiw", "-o", "wide")
	assert.Equal(t, []string{"NAME", "TYPE", "PHASE", "GPUS", "QUEUE", "REASON", "POOL", "AGE"}, headers(workloads))
	assert.Regexp(t, `(?m)^app +App +Pending +3 A100 +1 +waiting for 3 A100: .*2 of 4 .*$`, workloads)
	assert.Regexp(t, `(?m)^chat +Model +Admitted +2 A100 +pool +\d+s$`, workloads)

	names := strings.Fields(get("tenancy", "-o", "name"))
	assert.Subset(t, names, []string{"computepool.spectrocloud.com/pool", "aiworkload.spectrocloud.com/app", "aiworkload.spectrocloud.com/chat"})
	assert.Equal(t, "aiworkload.spectrocloud.com/app\n", get("aiw", "-o", "name", "--field-selector", "status.phase=Pending"))
	assert.Equal(t, "aiworkload.spectrocloud.com/chat\n", get("aiw", "-o", "name", "--field-selector", "spec.computePoolRef.name=pool"))
	assert.Equal(t, "aiworkload.spectrocloud.com/app\n", get("aiw", "-o", "name", "--field-selector", "spec.computePoolRef.name=,status.phase!=Running"))
	assert.Equal(t, "computepool.spectrocloud.com/pool\n", get("cpool", "-o", "name", "--field-selector", "status.phase=Admitted"))
	_, stderr, err := cluster.Kubectl(t, "", nil, "get", "cpool", "-n", project, "--field-selector", "spec.suspend=true")
	require.Error(t, err)
	assert.Contains(t, stderr, `field label "spec.suspend" is not supported for ComputePool: use metadata.name, metadata.namespace, status.phase`)
	cluster.MustKubectl(t, "", "wait", "-n", project, "--for=condition=QuotaReserved", "--timeout=45s", "computepool/pool")
}

func TestUsageIsReadAsATableAndAsAnObject(t *testing.T) {
	tenant, project := shop(t)
	get := func(args ...string) string {
		return cluster.MustKubectl(t, "", append([]string{"get", "--subresource=gpuusage"}, args...)...)
	}
	text := get("tenant", tenant)
	assert.Equal(t, []string{"PROJECT", "FAMILY", "LIMIT", "USED", "PENDING", "AVAILABLE", "PER-REQUEST MAXIMUM"}, headers(text))
	assert.Regexp(t, `(?m)^\(all\) +A100 +unlimited +2 +3 +unlimited +unlimited$`, text)
	assert.Regexp(t, `(?m)^`+project+` +A100 +4 +2 +3 +2 +3$`, text)
	text = get("project", project, "-n", project)
	assert.Equal(t, []string{"FAMILY", "LIMIT", "USED", "PENDING", "AVAILABLE", "PER-REQUEST MAXIMUM"}, headers(text))
	assert.Regexp(t, `(?m)^A100 +4 +2 +3 +2 +3$`, text)
	assert.Regexp(t, `(?m)^Default +unlimited +0 +0 +unlimited +3$`, text)
	assert.Equal(t, "GPUUsage A100 2", get("tenant", tenant, "-o", "jsonpath={.kind} {.projects[0].families[0].family} {.projects[0].families[0].used}"))
	assert.Regexp(t, `(?m)^A100 .*\nDefault `, get("project", project, "-n", project, "--sort-by=.families[0].family"), "a row carries what it is about")

	_, stderr, err := cluster.Kubectl(t, "", nil, "get", "tenant", "nobody", "--subresource=gpuusage")
	require.Error(t, err)
	assert.Contains(t, stderr, `tenants.spectrocloud.com "nobody" not found`)
	_, stderr, err = cluster.Kubectl(t, "", nil, "patch", "tenant", tenant, "--subresource=gpuusage", "--type=merge", "-p", `{"families": null}`)
	require.Error(t, err)
	assert.Contains(t, stderr, "the server does not allow this method on the requested resource")
}

func TestAProvisionerReportsButCantDecide(t *testing.T) {
	_, project := shop(t)
	patch := func(resource, body string) {
		cluster.MustKubectl(t, "", "patch", "-n", project, resource, "--subresource=status", "-p", body)
	}
	read := func(resource string) string {
		return cluster.MustKubectl(t, "", "get", "-n", project, resource, "-o",
			`jsonpath={.status.phase} {.status.gpuUsage} {.status.conditions[?(@.type=="QuotaReserved")].status} {.status.conditions[?(@.type=="Mine")].status}`)
	}
	const forged = `{"status": {"phase": "Running", "gpuUsage": {"A100": 99}, "conditions": [
		{"type": "QuotaReserved", "status": "Unknown", "reason": "Forged", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
		{"type": "Mine", "status": "True", "reason": "Test", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}`
	patch("computepool/pool", forged)
	assert.Equal(t, `Running {"A100":2} True True`, read("computepool/pool"))
	patch("aiworkload/app", forged)
	assert.Equal(t, `Pending  False True`, read("aiworkload/app"))
	_, stderr, err := cluster.Kubectl(t, "", nil, "patch", "-n", project, "computepool/pool", "--subresource=status", "-p", `{"status": {"phase": "Up"}}`)
	require.Error(t, err)
	assert.Contains(t, stderr, `status.phase: Unsupported value: "Up": supported values: "Pending", "Suspended", "Admitted", "Provisioning", "Running", "Failed"`)
}

func TestWorkerPoolsAreSharedByName(t *testing.T) {
	_, project := shop(t)
	apply := func(manager, pools string) {
		cluster.MustKubectl(t, fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "ComputePool", "metadata": {"name": "applied", "namespace": %q},
			"spec": {"clusterVariant": {"dedicated": {"paletteClusterDeploymentConfig": {"nodePoolRequirements": {"workerPools": [%s]}}}}}}`, project, pools),
			"apply", "--server-side", "--field-manager="+manager, "-f", "-")
	}
	read := func() string {
		return cluster.MustKubectl(t, "", "get", "-n", project, "computepool", "applied", "-o",
			"jsonpath={range .spec.clusterVariant.dedicated.paletteClusterDeploymentConfig.nodePoolRequirements.workerPools[*]}{.name}={.nodeCount} {end}")
	}
	apply("ann", `{"name": "a", "nodeCount": 2}`)
	apply("bob", `{"name": "b"}`)
	assert.Equal(t, "a=2 b=1 ", read())
	apply("ann", `{"name": "c", "nodeCount": 0}`)
	assert.ElementsMatch(t, []string{"b=1", "c=0"}, strings.Fields(read()))
	for _, manager := range []string{"ann", "bob"} {
		fields := cluster.MustKubectl(t, "", "get", "-n", project, "computepool", "applied", "--show-managed-fields", "-o",
			fmt.Sprintf(`jsonpath={.metadata.managedFields[?(@.manager==%q)].fieldsV1}`, manager))
		assert.NotContains(t, fields, "f:status")
	}
}
