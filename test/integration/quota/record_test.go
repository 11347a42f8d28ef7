// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// standing is what the ledger says of a consumer.
type standing string

const (
	holds standing = "holds"
	waits standing = "waits"
	none  standing = "none" // It has no record.
	// passed is no consumer's: the turn has passed on.
	passed standing = "passed"
)

// record is one change of a request record in etcd, or of the turn.
type record struct {
	id
	revision int64
	at       time.Time // When it was seen here.
	now      standing
}

// follow sends every change of the place's request records, and of its turn, after revision, as etcd has it, until ctx is done or
// etcd has gone past last; 0 for never.
func (p place) follow(ctx context.Context, t *testing.T, revision, last int64) <-chan record {
	t.Helper()
	prefix, turn := storagePrefix+"/ledger/requests/"+p.tenant+"/", storagePrefix+"/ledger/turns/"+p.tenant
	watch := etcd(t).Watch(ctx, storagePrefix+"/", clientv3.WithPrefix(), clientv3.WithRev(revision+1))
	records := make(chan record, 4096)
	go func() {
		defer close(records)
		for response := range watch {
			for _, event := range response.Events {
				if last > 0 && event.Kv.ModRevision >= last {
					return
				}
				if key, ok := strings.CutPrefix(string(event.Kv.Key), prefix); ok {
					records <- recordOf(key, event)
				} else if string(event.Kv.Key) == turn {
					records <- record{revision: event.Kv.ModRevision, at: time.Now(), now: passed}
				}
			}
		}
	}()
	return records
}

func recordOf(key string, event *clientv3.Event) record {
	parts := strings.Split(key, "/")
	r := record{id: id{parts[0], parts[1], parts[2]}, revision: event.Kv.ModRevision, at: time.Now(), now: waits}
	var stored struct{ Held bool }
	switch {
	case event.Type == clientv3.EventTypeDelete:
		r.now = none
	case json.Unmarshal(event.Kv.Value, &stored) == nil && stored.Held:
		r.now = holds
	}
	return r
}

// mark writes to the Tenant what no decision depends on, and returns the revision of that write.
func (p place) mark(t *testing.T) int64 {
	t.Helper()
	patch := []byte(`{"metadata":{"annotations":{"example.com/mark":"` + time.Now().Format(time.RFC3339Nano) + `"}}}`)
	tenant, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType, patch, metav1.PatchOptions{})
	require.NoError(t, err)
	revision, err := strconv.ParseInt(tenant.ResourceVersion, 10, 64)
	require.NoError(t, err)
	return revision
}
