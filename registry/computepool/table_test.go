// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func stored() *spectrocloud.ComputePool {
	return &spectrocloud.ComputePool{
		ObjectMeta: metav1.ObjectMeta{Name: "ml-cluster", Namespace: "web"},
		Status:     spectrocloud.ConsumerStatus{Phase: "Admitted"},
	}
}

func TestAPoolIsPrintedWithItsVariantAndItsGPUs(t *testing.T) {
	cluster := &spectrocloud.ClusterDeployment{PaletteClusterDeploymentConfig: spectrocloud.PaletteClusterDeploymentConfig{
		NodePoolRequirements: spectrocloud.NodePoolRequirements{WorkerPools: []spectrocloud.WorkerPool{
			{Name: "gpu", NodeCount: new(int32(3)), GPU: &spectrocloud.GPURequirement{Family: "A100", GPUCount: 2}}}}}}
	for variant, spec := range map[string]spectrocloud.ClusterVariant{"Dedicated": {Dedicated: cluster}, "Shared": {Shared: cluster}} {
		pool := stored()
		pool.Spec.ClusterVariant = spec
		table, err := columns(func(string, string, string) int { return 1 }).ConvertToTable(t.Context(), pool, nil)
		require.NoError(t, err)
		require.Len(t, table.Rows, 1)
		assert.Equal(t, []any{"ml-cluster", variant, "Admitted", "6 A100", "", ""}, table.Rows[0].Cells[:6])
	}
}
