// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/testutil"

	"spectrocloud.com/tenancy/pkg/storage"
)

// known is a ledger that knows these records, and an empty one where there are none.
func known(records map[string]string) *Ledger {
	l := &Ledger{prefix: "/l"}
	l.view = newView(nil, nil, l.prefix, func(*account) {})
	revision := int64(0)
	for key, value := range records {
		revision++
		l.view.apply(l.prefix+"/"+key, []byte(value), revision)
	}
	l.view.advance(revision)
	return l
}

// gather returns the series whose names begin with one of these, without help and type.
func gather(t *testing.T, l *Ledger, names ...string) (found []string) {
	t.Helper()
	shown := &collector{}
	shown.ledger.Store(l)
	registry := metrics.NewKubeRegistry()
	require.NoError(t, registry.CustomRegister(shown))
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if len(names) > 0 && !slices.Contains(names, family.GetName()) {
			continue
		}
		var text strings.Builder
		_, err := testutil.MetricFamilyToText(&text, family)
		require.NoError(t, err)
		for line := range strings.Lines(text.String()) {
			if !strings.HasPrefix(line, "#") {
				found = append(found, strings.TrimSpace(line))
			}
		}
	}
	return found
}

func TestFiguresAreTheViewsAndEndWithTheirObjects(t *testing.T) {
	l := known(map[string]string{
		"tenants/t":                       `{"uid":"1","gpus":{"limits":{"A100":4,"Default":9}}}`,
		"projects/t/busy":                 `{"uid":"2","gpus":{"limits":{"A100":2,"H100":5}}}`,
		"projects/t/idle":                 `{"uid":"3","gpus":{"limits":{"A100":3}}}`,
		"requests/t/busy/aiworkloads/one": `{"uid":"4","gpus":{"A100":5},"held":true}`,
		"requests/t/busy/aiworkloads/two": `{"uid":"5","gpus":{"A100":1,"L4":2}}`,
	})
	assert.Equal(t, []string{
		`tenancy_project_gpu_limit{family="A100",project="busy",tenant="t"} 2`,
		`tenancy_project_gpu_limit{family="L4",project="busy",tenant="t"} 9`,
		`tenancy_project_gpu_oversubscribed{family="A100",project="busy",tenant="t"} 3`,
		`tenancy_project_gpu_used{family="A100",project="busy",tenant="t"} 5`,
		`tenancy_project_gpu_used{family="L4",project="busy",tenant="t"} 0`,
		`tenancy_project_gpu_waiting{family="A100",project="busy",tenant="t"} 1`,
		`tenancy_project_gpu_waiting{family="L4",project="busy",tenant="t"} 2`,
		`tenancy_quota_broken_records 0`,
		`tenancy_quota_ledger_ready 1`,
		`tenancy_quota_ledger_revision 5`,
		`tenancy_tenant_gpu_limit{family="A100",tenant="t"} 4`,
		`tenancy_tenant_gpu_limit{family="Default",tenant="t"} 9`,
		`tenancy_tenant_gpu_limit{family="L4",tenant="t"} 9`,
		`tenancy_tenant_gpu_oversubscribed{family="A100",tenant="t"} 1`,
		`tenancy_tenant_gpu_used{family="A100",tenant="t"} 5`,
		`tenancy_tenant_gpu_used{family="Default",tenant="t"} 0`,
		`tenancy_tenant_gpu_used{family="L4",tenant="t"} 0`,
		`tenancy_tenant_gpu_waiting{family="A100",tenant="t"} 1`,
		`tenancy_tenant_gpu_waiting{family="Default",tenant="t"} 0`,
		`tenancy_tenant_gpu_waiting{family="L4",tenant="t"} 2`,
		`tenancy_tenant_requests_waiting{family="A100",tenant="t"} 1`,
		`tenancy_tenant_requests_waiting{family="Default",tenant="t"} 0`,
		`tenancy_tenant_requests_waiting{family="L4",tenant="t"} 1`,
	}, gather(t, l))

	for _, key := range []string{"requests/t/busy/aiworkloads/one", "requests/t/busy/aiworkloads/two", "projects/t/busy"} {
		l.view.apply("/l/"+key, nil, 6)
	}
	assert.Empty(t, gather(t, l, "tenancy_project_gpu_used", "tenancy_project_gpu_limit"))
	assert.Equal(t, []string{`tenancy_tenant_gpu_used{family="A100",tenant="t"} 0`, `tenancy_tenant_gpu_used{family="Default",tenant="t"} 0`},
		gather(t, l, "tenancy_tenant_gpu_used"))
	l.view.apply("/l/projects/t/idle", nil, 7)
	l.view.apply("/l/tenants/t", nil, 8)
	assert.Empty(t, gather(t, l, "tenancy_tenant_gpu_used", "tenancy_tenant_gpu_limit", "tenancy_tenant_requests_waiting"))
}

func TestAMemberCannotMakeSeriesWithoutEnd(t *testing.T) {
	records := map[string]string{
		"tenants/t":    `{"uid":"1","gpus":{"limits":{"Quoted":4}}}`,
		"projects/t/p": `{"uid":"2","gpus":{}}`,
	}
	for i := range 200 {
		records[fmt.Sprintf("requests/t/p/aiworkloads/held-%d", i)] = fmt.Sprintf(`{"uid":"h%d","gpus":{"mine-%d":%d},"held":true}`, i, i, i+1)
		records[fmt.Sprintf("requests/t/p/aiworkloads/waits-%d", i)] = fmt.Sprintf(`{"uid":"w%d","gpus":{"mine-%d":1}}`, i, i)
	}
	l := known(records)
	for name, series := range map[string]int{"tenancy_tenant_gpu_used": 65, "tenancy_project_gpu_used": 65, "tenancy_tenant_requests_waiting": 65} {
		assert.Len(t, gather(t, l, name), series, name)
	}
	used := gather(t, l, "tenancy_tenant_gpu_used")
	assert.Contains(t, used, `tenancy_tenant_gpu_used{family="Quoted",tenant="t"} 0`, "what the quota names is shown whatever else there is")
	assert.Contains(t, used, `tenancy_tenant_gpu_used{family="mine-199",tenant="t"} 200`)
	assert.Contains(t, used, fmt.Sprintf(`tenancy_tenant_gpu_used{family="_other",tenant="t"} %d`, 137*138/2))
	assert.Contains(t, gather(t, l, "tenancy_tenant_requests_waiting"), `tenancy_tenant_requests_waiting{family="_other",tenant="t"} 137`)
}

func TestALedgerThatHasNotBeenReadOrCannotBeSaysSo(t *testing.T) {
	health := []string{"tenancy_quota_ledger_ready", "tenancy_quota_broken_records"}
	assert.Equal(t, []string{"tenancy_quota_broken_records 0", "tenancy_quota_ledger_ready 0"}, gather(t, known(nil), health...))
	assert.Equal(t, []string{"tenancy_quota_broken_records 1", "tenancy_quota_ledger_ready 1"},
		gather(t, known(map[string]string{"tenants/t": "{"}), health...))
	assert.Empty(t, gather(t, nil), "no ledger runs in this process")
}

func TestALedgerThatIsNotFollowedIsNotReady(t *testing.T) {
	etcd, err := storage.StartEmbedded(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { assert.NoError(t, etcd.Close()) }()
	backend, err := etcd.NewBackend(storagebackend.Config{Transport: storagebackend.TransportConfig{ServerList: []string{etcd.Endpoint}}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, backend.Close()) }()
	l := &Ledger{prefix: "/l"}
	l.view = newView(backend.KV(), backend.Watcher, l.prefix, func(*account) {})
	l.view.heardEvery = time.Millisecond
	ready := func() bool { return slices.Contains(gather(t, l), "tenancy_quota_ledger_ready 1") }
	silence := func() {
		l.view.mu.Lock()
		defer l.view.mu.Unlock()
		l.view.heard = time.Now().Add(-heardWithin)
	}
	assert.False(t, ready(), "it has not been read")

	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.view.run(ctx) })
	require.Eventually(t, ready, 20*time.Second, time.Millisecond)
	silence()
	require.Eventually(t, ready, 20*time.Second, time.Millisecond, "that nothing changes is no silence")
	stop()
	running.Wait()
	require.Eventually(t, func() bool {
		silence() // What was asked before may still be answered.
		return !ready()
	}, 20*time.Second, time.Millisecond)
}
