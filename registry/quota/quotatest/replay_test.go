// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"
)

// A checker whose cost grew with what is stored would not be run on the histories that need it most.
func BenchmarkReplay(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("revisions=%d", n), func(b *testing.B) {
			etcd := startEtcd(b)
			commit(b, etcd, history(b)...)
			writers, ctx := errgroup.WithContext(b.Context())
			writers.SetLimit(32)
			for i := range n {
				name := fmt.Sprintf("w-%06d", i)
				w := workload(name, name, counts{"A100": 9}, false)
				w.UID = types.UID(name)
				ops := write(b, w, fmt.Sprintf(`{"uid":%q,"gpus":{"A100":9}}`, name))
				writers.Go(func() error {
					_, err := etcd.Txn(ctx).Then(ops...).Commit()
					return err
				})
			}
			require.NoError(b, writers.Wait())
			for _, order := range []bool{false, true} {
				b.Run(fmt.Sprintf("order=%t", order), func(b *testing.B) {
					for b.Loop() {
						summary, err := check(b.Context(), etcd, prefix, order)
						require.NoError(b, err)
						require.Equal(b, n, summary.Waits)
					}
					b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/revision")
				})
			}
		})
	}
}
