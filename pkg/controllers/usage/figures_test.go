// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/testutil"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func TestFiguresAreShownUntilTheirObjectGoes(t *testing.T) {
	figures := &collector{shown: map[string]shown{}}
	registry := metrics.NewKubeRegistry()
	require.NoError(t, registry.CustomRegister(figures))
	expect := func(text string) {
		t.Helper()
		require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(text), "tenancy_gpu_used", "tenancy_gpu_pending", "tenancy_gpu_limit"))
	}
	tenant := []v1alpha1.FamilyUsage{family("A100", 5, 64)}
	project := []v1alpha1.FamilyUsage{family("A100", 5, 8), family("H100", 1)}
	project[0].Pending = 3
	figures.show("tenant/t", "t", "", tenant)
	figures.show("project/p", "t", "p", project)
	expect(`
# HELP tenancy_gpu_limit [ALPHA] Number of GPUs that may be in use in a project, by family, or with an empty project in all of a tenant's together; none where nothing limits it.
# TYPE tenancy_gpu_limit gauge
tenancy_gpu_limit{family="A100",project="",tenant="t"} 64
tenancy_gpu_limit{family="A100",project="p",tenant="t"} 8
# HELP tenancy_gpu_pending [ALPHA] Number of GPUs that waiting requests of a project ask for, by family. The sum over its projects is a tenant's.
# TYPE tenancy_gpu_pending gauge
tenancy_gpu_pending{family="A100",project="p",tenant="t"} 3
tenancy_gpu_pending{family="H100",project="p",tenant="t"} 0
# HELP tenancy_gpu_used [ALPHA] Number of GPUs in use in a project, by family. The sum over its projects is a tenant's.
# TYPE tenancy_gpu_used gauge
tenancy_gpu_used{family="A100",project="p",tenant="t"} 5
tenancy_gpu_used{family="H100",project="p",tenant="t"} 1
`)
	figures.show("project/p", "t", "p", nil)
	expect(`
# HELP tenancy_gpu_limit [ALPHA] Number of GPUs that may be in use in a project, by family, or with an empty project in all of a tenant's together; none where nothing limits it.
# TYPE tenancy_gpu_limit gauge
tenancy_gpu_limit{family="A100",project="",tenant="t"} 64
`)
	figures.hide("tenant/t")
	expect("")
}
