// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// printed is table as people get it.
func printed(t *testing.T, output string, table *metav1.Table) string {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	p := &plugin{IOStreams: streams, config: genericclioptions.NewConfigFlags(false), output: output}
	require.NoError(t, p.printTable(table))
	return out.String()
}

func TestUsageIsATable(t *testing.T) {
	limited := family("NVIDIA-A100", 60, 62, 4)
	limited.RequestLimit = new(int64(8))
	rows := []usageRow{{"acme", "", limited}, {"acme", "web", family("NVIDIA-L4", -1, 3, 0)}, {"acme", "web", family("Default", 24, 0, 0)}}
	assert.Equal(t, `TENANT   PROJECT   FAMILY        LIMIT      USED   WAITING   FREE       OVERSUBSCRIBED
acme     (all)     NVIDIA-A100   60         62     4         0          2
acme     web       NVIDIA-L4     no limit   3      -         no limit   -
acme     web       Default       24         0      -         24         -
`, printed(t, "table", usageTable(rows)))
	assert.Equal(t, `TENANT   PROJECT   FAMILY        LIMIT      USED   WAITING   FREE       OVERSUBSCRIBED   USE    MOST PER REQUEST
acme     (all)     NVIDIA-A100   60         62     4         0          2                104%   8
acme     web       NVIDIA-L4     no limit   3      -         no limit   -                -      no limit
acme     web       Default       24         0      -         24         -                0%     no limit
`, printed(t, "wide", usageTable(rows)))
}

// waiting is an AIWorkload that has waited for so long.
func waitingFor(t *testing.T, name string, gpus spectrocloud.GPUCounts, reason string, waited time.Duration) *consumer {
	t.Helper()
	raw, err := json.Marshal(&v1alpha1.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "web"}, Spec: v1alpha1.AIWorkloadSpec{GPURequests: v1alpha1.GPUCounts(gpus)},
		Status: v1alpha1.ConsumerStatus{Phase: v1alpha1.ConsumerPending, Conditions: []metav1.Condition{{Type: "QuotaReserved", Status: metav1.ConditionFalse,
			Reason: reason, Message: "as the server said", LastTransitionTime: metav1.NewTime(now.Add(-waited))}}}})
	require.NoError(t, err)
	found, err := newConsumer(workloadKind, raw)
	require.NoError(t, err)
	return found
}

// acme limits A100 to 8 of which 7 are used, and web to 6 of 4 used and 4 a request.
var acme = []quota.Level{
	{Kind: "Tenant", Name: "acme", Quotas: spectrocloud.GPUResources{Limits: spectrocloud.GPUCounts{"A100": 8, "H100": 2}}, Used: quota.Sums{"A100": 7, "H100": 1}},
	{Kind: "Project", Name: "web", Quotas: spectrocloud.GPUResources{
		Limits: spectrocloud.GPUCounts{"A100": 6, "H100": 1}, Requests: spectrocloud.GPUCounts{"A100": 4}}, Used: quota.Sums{"A100": 4, "H100": 1}},
}

func TestTheQueueSaysWhoWaitsForWhatSinceWhenAndWhy(t *testing.T) {
	row := func(position int, c *consumer) place {
		c.position = position
		return place{c, "acme", quota.Shortages(c.requested, acme...)}
	}
	places := []place{
		row(1, waitingFor(t, "tight", spectrocloud.GPUCounts{"A100": 2}, "Waiting", 90*time.Second)),
		row(2, waitingFor(t, "both", spectrocloud.GPUCounts{"A100": 3, "H100": 1}, "Waiting", 5*time.Hour)),
		row(3, waitingFor(t, "soon", spectrocloud.GPUCounts{"A100": 1}, "Waiting", time.Second)),
		row(0, waitingFor(t, "goes", spectrocloud.GPUCounts{"A100": 9}, "Terminating", time.Second)),
	}
	assert.Equal(t, `POSITION   TENANT   PROJECT   NAME               GPUS             WAITS   BOUND BY          WHY
1          acme     web       aiworkload/tight   2 A100           90s     Tenant            2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)
2          acme     web       aiworkload/both    3 A100, 1 H100   5h      Project, Tenant   3 A100: acme uses 7 of 8 (Tenant limit; 1 would fit); 1 H100: web uses 1 of 1 (Project limit; 0 would fit)
3          acme     web       aiworkload/soon    1 A100           1s      -                 as the server said
-          acme     web       aiworkload/goes    9 A100           1s      -                 as the server said
`, printed(t, "table", queueTable(places, now)))
	assert.Contains(t, printed(t, "wide", queueTable(places, now)), "2026-11-21T11:58:30Z")
}

func TestThePlaceInTheQueueIsReadFromTheServersTable(t *testing.T) {
	raw, err := json.Marshal(waitingFor(t, "w", spectrocloud.GPUCounts{"A100": 2}, "Waiting", 0).Object)
	require.NoError(t, err)
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{{Name: "Name"}, {Name: "Queue"}}}
	for _, cell := range []any{"", "12", nil} {
		row := metav1.TableRow{Cells: []any{"w", cell}}
		row.Object.Raw = raw
		table.Rows = append(table.Rows, row)
	}
	var positions []int
	found, err := consumersOf(table, workloadKind)
	require.NoError(t, err)
	for _, one := range found.Items {
		assert.Equal(t, "aiworkload/w", one.(*consumer).name())
		positions = append(positions, one.(*consumer).position)
	}
	assert.Equal(t, []int{0, 12, 0}, positions)
	table.Rows[0].Cells[1] = "first"
	_, err = consumersOf(table, workloadKind)
	assert.ErrorContains(t, err, "aiworkload/w has a place")
}

func TestWhatIsMissingIsShownAtBothLevels(t *testing.T) {
	assert.Equal(t, `FAMILY   REQUESTED   LEVEL         LIMIT      USED   FREE       MOST PER REQUEST   WOULD FIT
A100     5           Tenant acme   8          7      1          no limit           1
A100     5           Project web   6          4      2          4                  2
L4       3           Tenant acme   no limit   0      no limit   no limit           any
L4       3           Project web   no limit   0      no limit   no limit           any
`, printed(t, "table", fitTable(fitFamilies(spectrocloud.GPUCounts{"A100": 5, "L4": 3}, acme))))
}

func TestTopRanksByUseThenByWait(t *testing.T) {
	projects := &ranking{standings: []*standing{
		{tenant: "acme", project: "idle"},
		{tenant: "acme", project: "late", waiting: 1, asked: quota.Sums{"A100": 2}, since: now.Add(-time.Minute)},
		{tenant: "acme", project: "early", waiting: 2, asked: quota.Sums{"A100": 4}, since: now.Add(-time.Hour)},
		{tenant: "acme", project: "most", held: quota.Sums{"A100": 3, "H100": 2}},
		{tenant: "acme", project: "theirs", held: quota.Sums{"A100": 4}, asked: quota.Sums{"A100": 1}, unknown: true},
	}}
	projects.sort()
	assert.Equal(t, `GPUS   TENANT   PROJECT   USES             WAITS FOR   WAITING   LONGEST WAIT
5      acme     most      3 A100, 2 H100   -           -         -
4      acme     theirs    4 A100           1 A100      ?         ?
0      acme     early     -                4 A100      2         60m
0      acme     late      -                2 A100      1         60s
0      acme     idle      -                -           -         -
`, printed(t, "table", projects.table(false, 0, now)))
	assert.Len(t, projects.table(false, 2, now).Rows, 2)

	workloads := &ranking{standings: []*standing{
		{tenant: "acme", project: "web", name: "aiworkload/a", phase: "Running", held: quota.Sums{"A100": 3}, since: now.Add(-2 * time.Hour)}}}
	assert.Equal(t, `GPUS   TENANT   PROJECT   NAME           PHASE     USES     WAITS FOR   FOR
3      acme     web       aiworkload/a   Running   3 A100   -           120m
`, printed(t, "table", workloads.table(true, 0, now)))
}

func TestTheLongestWaitIsTheFirsts(t *testing.T) {
	s := &standing{}
	for _, ago := range []time.Duration{time.Minute, time.Hour, time.Second} {
		s.add(now.Add(-ago))
	}
	assert.Equal(t, 3, s.waiting)
	assert.Equal(t, now.Add(-time.Hour), s.since)
}
