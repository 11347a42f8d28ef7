// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

// listed is how many objects of each kind there are when they are listed: what the first comparison has created.
const listed = 2000

// comparison is one table: what is done, by whom, and how slow Projects may be.
type comparison struct {
	verb    string // create, get or list.
	person  string // admin or member.
	content string
	rounds.Settings
	// floors are the least that the rate of Projects, divided by that of the peer, may be in the median round.
	floors map[string]float64
}

// The floors are a quarter to two thirds of what is usual, so that they hold on a busy machine and fail when something has
// become slow that nobody meant to slow down.
var (
	createFloors = map[string]float64{configMap: 0.25, custom: 0.5}
	memberFloors = map[string]float64{configMap: 0.2, custom: 0.4}
	getFloors    = map[string]float64{configMap: 0.25, custom: 0.25}
	listFloors   = map[string]float64{configMap: 0.25, custom: 0.5}
)

var comparisons = []comparison{
	{"create", admin, runtime.ContentTypeJSON, rounds.Settings{Rounds: 9, Operations: listed / 10, Clients: 16}, createFloors},
	{"list", admin, runtime.ContentTypeJSON, rounds.Settings{Rounds: 5, Operations: 3, Clients: 1}, listFloors},
	{"list", admin, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 3, Clients: 1}, listFloors},
	{"get", admin, runtime.ContentTypeJSON, rounds.Settings{Rounds: 5, Operations: 200, Clients: 1}, getFloors},
	{"get", admin, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 400, Clients: 16}, getFloors},
	{"create", admin, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 200, Clients: 16}, createFloors},
	{"create", admin, runtime.ContentTypeJSON, rounds.Settings{Rounds: 5, Operations: 100, Clients: 1}, createFloors},
	{"create", admin, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 100, Clients: 1}, createFloors},
	// Blocks so long that what the server saved up of its allowance of SubjectAccessReviews, 400, is soon spent.
	{"create", member, runtime.ContentTypeJSON, rounds.Settings{Rounds: 5, Operations: 600, Clients: 16}, memberFloors},
	{"create", member, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 200, Clients: 16}, memberFloors},
	{"create", member, runtime.ContentTypeJSON, rounds.Settings{Rounds: 5, Operations: 100, Clients: 1}, memberFloors},
	{"create", member, runtime.ContentTypeProtobuf, rounds.Settings{Rounds: 5, Operations: 100, Clients: 1}, memberFloors},
}

// BenchmarkProjects prints a table for the start and one for each comparison. It takes minutes, so it is one operation to the
// testing package.
func BenchmarkProjects(b *testing.B) {
	cluster := start(b)
	fmt.Printf("\n%s\n", machine())
	measureStart(b, cluster)
	prepare(b, cluster)
	kinds := newKinds(b, cluster)
	for _, c := range comparisons {
		b.Run(fmt.Sprintf("%s/%s/%s/%d", c.verb, c.person, contentNames[c.content], c.Clients), func(b *testing.B) { c.run(b, cluster, kinds) })
	}
	fmt.Printf("\n%s\n", machine())
	select {
	case err := <-cluster.Failed():
		b.Fatal(err)
	default:
	}
}

func (c comparison) run(b *testing.B, cluster *localcluster.Cluster, kinds []*kind) {
	c.CPU = func() (map[string]time.Duration, error) { return cpu(cluster) }
	var peers []rounds.Peer
	for _, kind := range kinds {
		if kind.serves(c.content) {
			peers = append(peers, rounds.Peer{Name: kind.name, Operation: kind.operation(b, c)})
		}
	}
	results, err := rounds.Measure(b.Context(), peers, c.Settings)
	require.NoError(b, err)
	title := fmt.Sprintf("%s, %s, %s, %d×", c.verb, c.person, contentNames[c.content], c.Clients)
	require.NoError(b, rounds.Write(os.Stdout, title, results, processes...))
	for _, peer := range results[1:] {
		ratio, _ := rounds.Ratio(results[0], peer)
		b.ReportMetric(ratio, project+"/"+peer.Name)
		if floor := c.floors[peer.Name]; ratio < floor {
			b.Errorf("%s of Projects is %.2f times that of %s in the median round: want %.2f or more", c.verb, ratio, peer.Name, floor)
		}
	}
}
