// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// killInterval is from one kill of a server to the next, if there is one that runs.
const killInterval = 500 * time.Millisecond

// TestNoGPUIsLostOrMadeUp lets 64 writers create, resize, suspend, resume and delete through three servers while limits go up
// and down and what runs is killed, and then adds up what there is.
func TestNoGPUIsLostOrMadeUp(t *testing.T) {
	for name, test := range map[string]struct {
		rough   bool
		disturb func(*testing.T, *storm)
	}{
		"undisturbed":                 {false, undisturbed},
		"servers are killed":          {true, killServers},
		"the servers' etcd is killed": {true, killEtcd},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStorm(t, test.rough)
			s.rage(t, func() { test.disturb(t, s) })
			requireServing(t)
			s.requireKept(t, s.requireSettled(t))
			s.requireEmptied(t)
			requireHistory(t)
		})
	}
}

func undisturbed(t *testing.T, s *storm) {
	for range rounds(4, 100) {
		s.progress(t, 10*writers)
	}
}

// killServers kills one that runs, at random, every half second, and starts it again at once.
func killServers(t *testing.T, s *storm) {
	kills, soaked := 0, time.Now().Add(5*time.Minute)
	dice := rand.New(rand.NewPCG(3, 5))
	var mu sync.Mutex
	running := []int{0, 1, 2}
	var starting sync.WaitGroup
	ticker := time.NewTicker(killInterval)
	defer ticker.Stop()
	for ; kills < 20 || soaking() && time.Now().Before(soaked); <-ticker.C {
		mu.Lock()
		if len(running) == 0 {
			mu.Unlock()
			continue
		}
		i := dice.IntN(len(running))
		victim := running[i]
		running = slices.Delete(running, i, i+1)
		mu.Unlock()
		kills++
		if !assert.NoError(t, cluster.Component(serverName(victim)).Kill()) {
			break
		}
		starting.Go(func() {
			restart(t, serverName(victim))
			mu.Lock()
			defer mu.Unlock()
			running = append(running, victim)
		})
	}
	starting.Wait()
	t.Logf("%d kills", kills)
	s.progress(t, writers)
}

// killEtcd kills the etcd under all servers and starts it again.
func killEtcd(t *testing.T, s *storm) {
	for range rounds(4, 60) {
		s.progress(t, 4*writers)
		assert.NoError(t, cluster.Component(localcluster.TenancyEtcd).Kill())
		restart(t, localcluster.TenancyEtcd)
	}
	s.progress(t, 4*writers)
}

func restart(t *testing.T, component string) {
	ctx, cancel := context.WithTimeout(t.Context(), convergence)
	defer cancel()
	assert.NoError(t, cluster.Component(component).Restart(ctx))
}

// requireServing waits until every server answers, and kube-apiserver passes on what it says.
func requireServing(t *testing.T) {
	t.Helper()
	began := time.Now()
	framework.EventuallyWithin(t, convergence, "all servers to answer", func(ctx context.Context) error {
		for _, server := range everyWay(t) {
			if _, err := server.Tenants().List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	t.Logf("all answer after %.1fs", time.Since(began).Seconds())
	require.Empty(t, cluster.Failed(), "a process died of itself")
}

// rounds is how often something is repeated: more where TENANCY_SOAK is set.
func rounds(short, long int) int {
	if soaking() {
		return long
	}
	return short
}
