// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestWhatADyingServerFreedIsGivenWithinASecond kills the server that has the turn as soon as it has freed the GPUs that many
// wait for: the others have to give them.
func TestWhatADyingServerFreedIsGivenWithinASecond(t *testing.T) {
	const waiting = 48
	byOthers := 0
	for round := range rounds(replicas, 30) {
		victim := round % replicas
		byOthers += freeAndDie(t, victim, waiting)
		restart(t, serverName(victim))
		requireServing(t)
	}
	t.Logf("%d were admitted after the server that freed their GPUs was gone", byOthers)
	assert.NotZero(t, byOthers, "no server died before it had admitted everybody itself")
	requireHistory(t)
}

// freeAndDie returns how many were admitted by others than the server that freed their GPUs.
func freeAndDie(t *testing.T, victim, waiting int) (byOthers int) {
	t.Helper()
	p := newPlace(t, limited(counts{a100: int32(waiting)}), nil)
	server, project := servers(t)[victim], p.projects[0]
	_, err := create(t.Context(), server, project, workloads, newObject(workloads, "holder", counts{a100: int32(waiting)}))
	require.NoError(t, err)
	race(waiting, func(i int) {
		_, err := create(t.Context(), server, project, workloads, newObject(workloads, fmt.Sprintf("w-%d", i), counts{a100: 1}))
		assert.NoError(t, err)
	})
	ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
	defer cancel()
	records := p.follow(ctx, t, p.mark(t), 0)
	deleting := make(chan struct{})
	go func() {
		defer close(deleting)
		_ = remove(ctx, server, project, workloads, "holder") // Whoever is asked dies of it.
	}()
	defer func() { <-deleting }()

	var freed, died, last time.Time
	for admitted := 0; admitted < waiting; {
		r, ok := <-records
		require.True(t, ok, "%d of %d were admitted in %s", admitted, waiting, framework.Patience)
		switch {
		case r.name == "holder":
			freed, last = r.at, r.at
			require.NoError(t, cluster.Component(serverName(victim)).Kill())
			died = time.Now()
		case r.now == holds:
			assert.Less(t, r.at.Sub(last), time.Second, "from one admission to the next, of which %d were before", admitted)
			if admitted++; r.at.After(died) {
				byOthers++
			}
			last = r.at
		}
	}
	t.Logf("server %d: killed %.3fs after it had freed GPUs; %d of %d admitted by others, the last %.3fs after",
		victim, died.Sub(freed).Seconds(), byOthers, waiting, last.Sub(freed).Seconds())
	return byOthers
}
