// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// The commands of the documentation that this API follows, as they are written there.
var (
	tenantUsage         = []string{"get", "tenant", "primary-dev", "--output", `jsonpath={.status.gpuUsage}`}
	projectUsage        = []string{"get", "project", "project-a", "--namespace", "project-a", "--output", `jsonpath={.status.gpuUsage}`}
	tenantOversubscribe = []string{"get", "tenant", "primary-dev", "--output", `jsonpath={.status.conditions[?(@.type=="TenantOversubscribed")]}`}
	projectOversubscrib = []string{"get", "project", "project-a", "--namespace", "project-a", "--output",
		`jsonpath={.status.conditions[?(@.type=="Oversubscribed")]}`}
)

// TestTheStoryOfAQuota is what docs/gpu-quota.md tells: each part goes on from the one before.
func TestTheStoryOfAQuota(t *testing.T) {
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	for _, file := range []string{"01-tenant.yaml", "02-project.yaml"} {
		cluster.MustKubectl(t, "", "apply", "-f", filepath.Join(root, "artifacts", "samples", file))
	}
	cluster.MustKubectl(t, "", "wait", "--for=condition=Ready", "--timeout=45s", "tenant/primary-dev", "project/project-a", "-n", "project-a")
	story := place{"primary-dev", "project-a"}
	create := func(name string, gpus int) string {
		return cluster.MustKubectl(t, manifest(name, gpus), "create", "-n", "project-a", "-f", "-", "-o", "jsonpath={.status.phase} {.status.gpuUsage}")
	}

	t.Run("who asks for what is free is admitted in the answer", func(t *testing.T) {
		for i := range 10 {
			assert.Equal(t, `Admitted {"NVIDIA-A100":6}`, create(fmt.Sprintf("train-%d", i), 6))
		}
		assert.Equal(t, `Admitted {"NVIDIA-A100":2}`, create("small", 2))
	})
	t.Run("who asks for more than is free waits, and is told why", func(t *testing.T) {
		assert.Equal(t, "Pending ", create("late", 4))
		condition := reserved(t, story.get(t, "late").Status)
		assert.Equal(t, metav1.ConditionFalse, condition.Status)
		assert.Contains(t, condition.Message, "waiting for 4 NVIDIA-A100: project-a uses 62 of 64")
		assert.Equal(t, "Pending ", create("later", 4))
	})
	t.Run("who asks for more than one request may have is refused in a sentence", func(t *testing.T) {
		_, stderr, err := cluster.Kubectl(t, manifest("greedy", 7), nil, "create", "-n", "project-a", "-f", "-")
		require.Error(t, err)
		assert.Contains(t, stderr, "Forbidden")
		for _, part := range []string{"7 NVIDIA-A100", "at most 6", "project-a"} {
			assert.Contains(t, stderr, part)
		}
	})
	t.Run("get shows phase, GPUs, reason and place in the queue", func(t *testing.T) {
		text := cluster.MustKubectl(t, "", "get", "aiworkloads", "-n", "project-a")
		for _, row := range [][]string{{"train-0", "Admitted", "6"}, {"small", "Admitted", "2"}, {"late", "Pending", "4", "1"}, {"later", "Pending", "4", "2"}} {
			assertRow(t, text, row...)
		}
	})
	t.Run("the documented commands print usage", func(t *testing.T) {
		framework.Eventually(t, "the Tenant's usage", prints(`{"project-a":{"NVIDIA-A100":62}}`, tenantUsage))
		framework.Eventually(t, "the Project's usage", prints(`{"NVIDIA-A100":62}`, projectUsage))
		var condition metav1.Condition
		for kind, command := range map[string][]string{"TenantOversubscribed": tenantOversubscribe, "Oversubscribed": projectOversubscrib} {
			require.NoError(t, json.Unmarshal([]byte(cluster.MustKubectl(t, "", command...)), &condition))
			assert.Equal(t, kind, condition.Type)
			assert.Equal(t, metav1.ConditionFalse, condition.Status)
			assert.Equal(t, "WithinLimits", condition.Reason)
		}
	})
	t.Run("a limit below what is in use evicts nobody and says by how much", func(t *testing.T) {
		story.limitProject(t, `{"NVIDIA-A100":60}`)
		story.limitTenant(t, `{"NVIDIA-A100":61}`)
		framework.Eventually(t, "the Project's condition", conditionSays(projectOversubscrib, "True", "GPULimitExceeded",
			"NVIDIA-A100: 62 in use, limit 60: 2 over; new requests for it wait until usage drops"))
		framework.Eventually(t, "the Tenant's condition", conditionSays(tenantOversubscribe, "True", "GPULimitExceeded",
			"NVIDIA-A100: 62 in use, limit 61: 1 over; new requests for it wait until usage drops"))
		assert.Equal(t, `{"NVIDIA-A100":62}`, cluster.MustKubectl(t, "", projectUsage...))
		assert.Equal(t, "Pending ", create("one-more", 1))
	})
	t.Run("it clears when workloads go, and the oldest that waits is admitted", func(t *testing.T) {
		story.drop(t, "train-0") // 56 of 60 are left in use, so that late fits and nothing after it.
		freed := time.Now()
		framework.Eventually(t, "late", story.phaseIs("late", v1alpha1.ConsumerAdmitted))
		assert.Less(t, time.Since(freed), time.Second, "from freed to admitted")
		framework.Eventually(t, "the Project's condition", conditionSays(projectOversubscrib, "False", "WithinLimits", ""))
		framework.Eventually(t, "the Tenant's condition", conditionSays(tenantOversubscribe, "False", "WithinLimits", ""))
		framework.Eventually(t, "the Project's usage", prints(`{"NVIDIA-A100":60}`, projectUsage))
		assert.Equal(t, v1alpha1.ConsumerPending, story.get(t, "later").Status.Phase)
		assert.Equal(t, v1alpha1.ConsumerPending, story.get(t, "one-more").Status.Phase)
	})
	t.Run("a raised limit admits the rest", func(t *testing.T) {
		story.limitTenant(t, `{"NVIDIA-A100":64}`)
		story.limitProject(t, `{"NVIDIA-A100":64}`)
		framework.Eventually(t, "later", story.phaseIs("later", v1alpha1.ConsumerAdmitted))
		assert.Equal(t, v1alpha1.ConsumerPending, story.get(t, "one-more").Status.Phase)
	})
	t.Run("all of it is deleted with the Project", func(t *testing.T) {
		cluster.MustKubectl(t, "", "delete", "project", "project-a", "-n", "project-a", "--timeout=45s")
		framework.Eventually(t, "the Tenant's usage", prints("", tenantUsage))
		cluster.MustKubectl(t, "", "delete", "tenant", "primary-dev", "--timeout=45s")
	})
}

// manifest is an AIWorkload that asks for so many A100.
func manifest(name string, gpus int) string {
	return fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload", "metadata": {"name": %q},
		"spec": {"gpuRequests": {"NVIDIA-A100": %d}}}`, name, gpus)
}

// prints returns a check that kubectl prints exactly that.
func prints(want string, args []string) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := cluster.KubectlCommand(ctx, nil, args...).Output()
		if err == nil && string(out) != want {
			err = fmt.Errorf("it prints %s, not %s", out, want)
		}
		return err
	}
}

// conditionSays returns a check that the condition which kubectl prints has that status, reason and, if any, message.
func conditionSays(command []string, status metav1.ConditionStatus, reason, message string) func(context.Context) error {
	return func(ctx context.Context) error {
		out, err := cluster.KubectlCommand(ctx, nil, command...).Output()
		if err != nil {
			return err
		}
		var condition metav1.Condition
		if err := json.Unmarshal(out, &condition); err != nil {
			return fmt.Errorf("%w in %q", err, out)
		}
		if condition.Status != status || condition.Reason != reason || message != "" && condition.Message != message || condition.ObservedGeneration == 0 {
			return fmt.Errorf("it is %+v", condition)
		}
		return nil
	}
}

// assertRow checks that the table has a row that begins with the first cell and has the others, in this order.
func assertRow(t *testing.T, table string, cells ...string) {
	t.Helper()
	for _, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != cells[0] {
			continue
		}
		missing := cells
		for _, field := range fields {
			if len(missing) > 0 && field == missing[0] {
				missing = missing[1:]
			}
		}
		assert.Empty(t, missing, "missing in the row %q", line)
		return
	}
	assert.Fail(t, "no row of "+cells[0], table)
}
