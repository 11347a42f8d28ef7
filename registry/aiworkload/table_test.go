// SPDX-License-Identifier: Apache-2.0

package aiworkload

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func stored() *spectrocloud.AIWorkload {
	return &spectrocloud.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: "ml-cluster", Namespace: "web"},
		Status:     spectrocloud.ConsumerStatus{Phase: "Admitted"},
	}
}

func TestAWorkloadIsPrintedWithItsTypeItsPlaceAndItsPool(t *testing.T) {
	place := func(resource, namespace, name string) int {
		assert.Equal(t, []string{"aiworkloads", "web", "ml-cluster"}, []string{resource, namespace, name})
		return 2
	}
	for label, want := range map[string]string{"": "App", "model": "Model", "batch": "App"} {
		workload := stored()
		workload.Labels = map[string]string{"palette.ai/aiworkload-type": label}
		workload.Spec.GPURequests, workload.Spec.ComputePoolRef = spectrocloud.GPUCounts{"H100": 2, "A100": 4}, &spectrocloud.LocalReference{Name: "pool"}
		workload.Status.Phase = "Pending"
		table, err := columns(place).ConvertToTable(t.Context(), workload, nil)
		require.NoError(t, err)
		require.Len(t, table.Rows, 1)
		assert.Equal(t, []any{"ml-cluster", want, "Pending", "4 A100, 2 H100", "2", "", "pool"}, table.Rows[0].Cells[:7])
	}
}

func TestAWorkloadIsSelectedByPoolAndPhase(t *testing.T) {
	workload := stored()
	assert.Equal(t, "Admitted", phaseOf(workload))
	assert.Empty(t, poolOf(workload))
	workload.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: "pool"}
	assert.Equal(t, "pool", poolOf(workload))
}
