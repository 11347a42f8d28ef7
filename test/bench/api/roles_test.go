// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/wait"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

const (
	wide        = "wide"
	wideCount   = 500
	roleTarget  = time.Second
	roleLimit   = 20 * time.Second // On a busy machine too.
	roleChanges = 5
)

// BenchmarkRoleChange prints how long a change of who holds which role takes to reach each Project of a Tenant that has
// many, and how many writes that costs besides the objects that change.
func BenchmarkRoleChange(b *testing.B) {
	cluster, err := localcluster.Start(b.Context(), localcluster.Options{
		Dir: b.TempDir(), BinDir: filepath.Join("..", "..", "..", "bin"), Stdout: os.Stdout,
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, cluster.Stop()) })
	w := newWideTenant(b, cluster)
	fmt.Printf("\n%s\n\n| change, %d Projects | objects that change | writes | reaches the last after, s: median of %d | slowest |\n| --- | --- | --- | --- | --- |\n",
		machine(), wideCount, roleChanges)
	for _, change := range []struct {
		name string
		make func(b *testing.B, to string)
		// reached counts the roles or bindings that have changed, and seen, which may be nil, the Projects that the group sees.
		reached, seen func(ctx context.Context, to string) (int, error)
		want          int
		// objects change: those that reached counts, their like in the system namespace, what shows in status. That of the
		// edited one counts twice, for two controllers report on it.
		objects int
	}{
		{"a group that manages the Tenant", w.mapTenant, w.bound("tnt-adm", wideCount), w.seen, wideCount, 2*wideCount + 5},
		{"the rules of the editors", w.setRules, w.ruled, nil, wideCount, wideCount + 1},
		{"the viewers of one Project", w.mapProject, w.bound("viewer", 1), nil, 1, 6},
	} {
		var took, sight []time.Duration
		writes := 0.0
		for i := range roleChanges {
			to := fmt.Sprintf("group-%s-%d", strings.ReplaceAll(change.name, " ", "-"), i)
			before := w.settled(b)
			began := time.Now()
			change.make(b, to)
			count := func(reached func(context.Context, string) (int, error)) time.Duration {
				require.NoError(b, wait.PollUntilContextTimeout(b.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
					n, err := reached(ctx, to)
					return n == change.want, err
				}), change.name)
				return time.Since(began)
			}
			took = append(took, count(change.reached))
			if change.seen != nil {
				sight = append(sight, count(change.seen))
			}
			writes = w.settled(b) - before
			assert.LessOrEqual(b, writes, float64(change.objects), "%s: writes for %d objects that change", change.name, change.objects)
		}
		slices.Sort(took)
		median, slowest := took[len(took)/2], took[len(took)-1]
		fmt.Printf("| %s | %d | %.0f | %.2f | %.2f |\n", change.name, change.objects, writes, median.Seconds(), slowest.Seconds())
		if len(sight) > 0 {
			slices.Sort(sight)
			fmt.Printf("| %s: who sees the Projects | | | %.2f | %.2f |\n", change.name, sight[len(sight)/2].Seconds(), sight[len(sight)-1].Seconds())
		}
		b.ReportMetric(median.Seconds(), strings.ReplaceAll(change.name, " ", "-")+"-s")
		assert.Less(b, median, roleLimit, "%s: %s is the target", change.name, roleTarget)
	}
}
