// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// structured is what a program gets.
func structured(t *testing.T, output string, structure any) string {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	p := &plugin{IOStreams: streams, output: output}
	require.NoError(t, p.printStructure(structure))
	return out.String()
}

func TestProgramsAreToldWhatIsMissing(t *testing.T) {
	request := spectrocloud.GPUCounts{"A100": 2, "L4": 3}
	report := estimate(request, acme).report("web", workloadKind, fitFamilies(request, acme))
	assert.Equal(t, `estimated: true
families:
- family: A100
  levels:
  - available: 1
    kind: Tenant
    limit: 8
    name: acme
    used: 7
    wouldFit: 1
  - available: 2
    kind: Project
    limit: 6
    name: web
    requestLimit: 4
    used: 4
    wouldFit: 2
  requested: 2
- family: L4
  levels:
  - kind: Tenant
    name: acme
    used: 0
  - kind: Project
    name: web
    used: 0
  requested: 3
kind: aiworkload
outcome: waits
project: web
why: '2 A100: acme uses 7 of 8 (Tenant limit; 1 would fit)'
`, structured(t, "yaml", report))
	decided := verdict{outcome: fits}.report("web", poolKind, fitFamilies(spectrocloud.GPUCounts{"A100": 1}, nil))
	assert.Equal(t, `{
    "project": "web",
    "kind": "computepool",
    "outcome": "fits",
    "estimated": false,
    "families": [
        {
            "family": "A100",
            "requested": 1
        }
    ]
}
`, structured(t, "json", decided))
}

func TestProgramsAreToldWhoUsesMost(t *testing.T) {
	projects := &ranking{standings: []*standing{
		{tenant: "acme", project: "web", held: quota.Sums{"A100": 3, "L4": 1}, asked: quota.Sums{"A100": 2}, waiting: 1, since: now},
		{tenant: "acme", project: "idle", held: quota.Sums{}, asked: quota.Sums{}},
		{tenant: "acme", project: "theirs", held: quota.Sums{}, asked: quota.Sums{"A100": 1}, unknown: true},
	}}
	assert.Equal(t, `items:
- gpus: 4
  project: web
  since: "2026-11-21T12:00:00Z"
  tenant: acme
  uses:
    A100: 3
    L4: 1
  waiting: 1
  waitsFor:
    A100: 2
- gpus: 0
  project: idle
  tenant: acme
  uses: {}
  waiting: 0
  waitsFor: {}
- gpus: 0
  project: theirs
  tenant: acme
  uses: {}
  waitsFor:
    A100: 1
`, structured(t, "yaml", projects.report(false, 0)))
	assert.Len(t, projects.report(false, 2).Items, 2)

	workloads := &ranking{standings: []*standing{{tenant: "acme", project: "web", name: "aiworkload/a", phase: "Pending", held: quota.Sums{},
		asked: quota.Sums{"A100": 2}, waiting: 1, since: now.In(time.FixedZone("elsewhere", 3600))}}}
	assert.Equal(t, `{
    "items": [
        {
            "tenant": "acme",
            "project": "web",
            "kind": "aiworkload",
            "name": "a",
            "phase": "Pending",
            "gpus": 0,
            "uses": {},
            "waitsFor": {
                "A100": 2
            },
            "since": "2026-11-21T12:00:00Z"
        }
    ]
}
`, structured(t, "json", workloads.report(true, 0)))
	assert.Equal(t, "{\n    \"items\": []\n}\n", structured(t, "json", (&ranking{}).report(false, 0)))
}

func TestTopIsCompleteForPrograms(t *testing.T) {
	var many []string
	for range defaultRows + 5 {
		many = append(many, "w")
	}
	s := unseenTenant(t)
	s["namespaces/web/aiworkloads"] = rowsOfWaiting(t, many...)
	for args, want := range map[string]int{"": defaultRows + 5, "--limit=3": 3} {
		said, _ := s.typed(t, append([]string{"top", "workloads", "-n", "web", "-o", "json"}, strings.Fields(args)...)...)
		var report topReport
		require.NoError(t, json.Unmarshal([]byte(said), &report))
		assert.Len(t, report.Items, want, args)
	}
}
