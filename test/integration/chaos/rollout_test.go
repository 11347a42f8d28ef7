// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestARollingRestartLosesNothing replaces every replica of tenancy-apiserver while people create, read, delete and watch.
func TestARollingRestartLosesNothing(t *testing.T) {
	l := newLoad(t)
	// A replica that has said good-bye answers 429 to whoever comes late. Clients of Kubernetes ask again by themselves, this often.
	l.retries = 10
	times := 1
	if soaking() {
		times = 20
	}
	watches := l.watch(t)
	l.run(t, func(context.Context) {
		for range times {
			restartAll(t)
		}
	})
	assert.Empty(t, len(l.failed), "failed requests")
	assert.Zero(t, l.givenUp)
	l.requireKept(t)
	watches.requireComplete(t, l)
}

// lingering is how long the chart's replicas serve on when they are told to end, and more.
const lingering = 3 * time.Minute

// restartAll does as kubectl rollout restart does, and returns when the replicas of before are gone.
func restartAll(t *testing.T) {
	t.Helper()
	before := sets.New[types.UID]()
	replicas, err := pods(t.Context(), "apiserver")
	require.NoError(t, err)
	for _, pod := range replicas {
		before.Insert(pod.UID)
	}
	cluster.MustKubectl(t, "", "rollout", "restart", "deployment/tenancy-apiserver", "--namespace", namespace)
	framework.EventuallyWithin(t, lingering, "the old replicas to be gone", func(ctx context.Context) error {
		replicas, err := pods(ctx, "apiserver")
		if err != nil {
			return err
		}
		for _, pod := range replicas {
			if before.Has(pod.UID) {
				return fmt.Errorf("%s is still there", pod.Name)
			}
		}
		return nil
	})
}
