// SPDX-License-Identifier: Apache-2.0

package concurrency

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestNoProjectIsEverAboveItsTenant moves a Tenant's quotas up and down while Projects are created, raised, lowered and
// deleted under it, all through both servers.
func TestNoProjectIsEverAboveItsTenant(t *testing.T) {
	const (
		workers = 12 // A third of them change the Tenant.
		most    = 100
	)
	steps := rounds(30)
	servers := replicas(t)
	tenant := framework.Tenant(framework.Name("bounded"))
	tenant.Spec.GPUResources = quotas(most / 2)
	_, err := cluster.Admin.Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
	require.NoError(t, err)
	var outcomes tally
	race(t.Context(), workers, func(ctx context.Context, worker int) error {
		dice, server := rand.New(rand.NewPCG(uint64(worker), 1)), servers[worker%2]
		var mine []string
		for range steps {
			quota := int32(dice.IntN(most))
			if worker%3 == 0 {
				_, err := server.Tenants().Patch(ctx, tenant.Name, types.MergePatchType, patch(quota), metav1.PatchOptions{})
				outcomes.add(t, "Tenant changed", err, "is below what Projects of this Tenant have")
				continue
			}
			if len(mine) == 0 || dice.IntN(2) == 0 {
				project := framework.Project(framework.Name("bounded-prj"), tenant.Name)
				project.Spec.GPUResources = quotas(quota)
				_, err := server.Projects(project.Name).Create(ctx, project, metav1.CreateOptions{})
				if outcomes.add(t, "Project created", err, "which is what Tenant") {
					mine = append(mine, project.Name)
				}
				continue
			}
			name := mine[dice.IntN(len(mine))]
			_, err := server.Projects(name).Patch(ctx, name, types.MergePatchType, patch(quota), metav1.PatchOptions{})
			outcomes.add(t, "Project changed", err, "which is what Tenant")
			if len(mine) > 2 { // Or the Tenant could never be lowered.
				assert.NoError(t, server.Projects(mine[0]).Delete(ctx, mine[0], metav1.DeleteOptions{}))
				mine = mine[1:]
			}
		}
		return nil
	})
	t.Logf("%v", outcomes.counts)
	for _, what := range []string{"Tenant changed", "Project created", "Project changed"} {
		assert.NotZero(t, outcomes.counts[what], "nothing raced: no %s", what)
		assert.NotZero(t, outcomes.counts[what+": refused"], "nothing raced: no refusal of %s", what)
	}
	requireHistory(t)
}

func quotas(n int32) v1alpha1.GPUResources {
	return v1alpha1.GPUResources{Limits: v1alpha1.GPUCounts{"NVIDIA-A100": n}, Requests: v1alpha1.GPUCounts{"Default": n}}
}

func patch(n int32) []byte {
	return fmt.Appendf(nil, `{"spec": {"gpuResources": {"limits": {"NVIDIA-A100": %d}, "requests": {"Default": %d}}}}`, n, n)
}

// tally counts what was done and what was refused.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

// add counts an outcome, which must be a success or the refusal that is expected.
func (o *tally) add(t *testing.T, what string, err error, refusal string) (done bool) {
	if err != nil && framework.Refused(t, err, 422, refusal) {
		what += ": refused"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.counts == nil {
		o.counts = map[string]int{}
	}
	o.counts[what]++
	return err == nil
}
