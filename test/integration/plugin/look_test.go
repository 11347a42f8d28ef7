// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// busy is a place with a family that is oversubscribed, one that waits and one without a limit.
func busy(t *testing.T) place {
	t.Helper()
	p := newPlace(t, limits(counts{a100: 4}), limits(counts{h100: 2}), v1alpha1.GPUResources{})
	ask(t, p.projects[0], "holds", counts{a100: 4, h100: 2})
	ask(t, p.projects[0], "first", counts{h100: 1})
	ask(t, p.projects[1], "free", counts{l4: 3})
	ask(t, p.projects[1], "second", counts{a100: 1})
	ask(t, p.projects[0], "third", counts{a100: 2, h100: 1})
	_, err := tenancy.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec":{"gpuResources":{"limits":{"NVIDIA-A100":3}}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	return p
}

func TestUsageIsOfWhatOneMaySee(t *testing.T) {
	t.Parallel()
	p, other := busy(t), newPlace(t, limits(counts{a100: 1}), v1alpha1.GPUResources{})
	viewer := someone(t, p.projects[0]+"-viewers")
	own := [][]string{
		{p.tenant, "(all)", a100, "3", "4", "3", "0", "1"},
		{p.tenant, "(all)", h100, "no limit", "2", "2", "no limit", "-"},
		{p.tenant, "(all)", l4, "no limit", "3", "-", "no limit", "-"},
	}
	assert.Equal(t, own, viewer.types(t, "gpu", "usage").rows(t))
	assert.Subset(t, admin(t).types(t, "gpu", "usage").rows(t), append(own, []string{other.tenant, "(all)", a100, "1", "0", "-", "1", "-"}))

	withProjects := viewer.types(t, "gpu", "usage", p.tenant, "--projects", "-o", "bars")
	assert.Equal(t, fmt.Sprintf(`%s
  NVIDIA-A100    █████████████████████▓▓▓▓▓▓▓   4 of 3 (134%%), 1 over, 3 waiting
  NVIDIA-H100    no limit                       2 used, 2 waiting
  NVIDIA-L4      no limit                       3 used
  %s
    NVIDIA-A100  █████████████████████▓▓▓▓▓▓▓   4 of 3 (134%%), 1 over, 2 waiting
    NVIDIA-H100  █████████████████████          2 of 2 (100%%), 2 waiting
  %s
    NVIDIA-A100  ░░░░░░░░░░░░░░░░░░░░░          0 of 3 (0%%), 0 free, 1 waiting
    NVIDIA-L4    no limit                       3 used
`, p.tenant, p.projects[0], p.projects[1]), withProjects.stdout, withProjects.stderr)

	project := viewer.types(t, "gpu", "usage", "-n", p.projects[0], "-o", "yaml")
	var usage v1alpha1.GPUUsage
	require.NoError(t, yaml.UnmarshalStrict([]byte(project.stdout), &usage), project.stderr)
	assert.Equal(t, "GPUUsage", usage.Kind)
	assert.Equal(t, p.projects[0], usage.Name)
	assert.EqualValues(t, 2, usage.Families[1].Used)

	for what, args := range map[string][]string{"Tenant": {other.tenant}, "Project": {"-n", other.projects[0]}} {
		hidden := viewer.types(t, append([]string{"gpu", "usage"}, args...)...)
		assert.Equal(t, answer{"", fmt.Sprintf("error: there is no %s %q that you may see\n", what, args[len(args)-1]), 2}, hidden)
	}
	outsider := someone(t, "outsiders").types(t, "gpu", "usage")
	assert.Equal(t, answer{"", "You see no Tenant: no Tenant and no Project names a group of yours (kubectl auth whoami shows them).\n", 0}, outsider)
}

func TestTheQueueIsThatOfTheTenantAsFarAsOneMaySee(t *testing.T) {
	t.Parallel()
	p, other := busy(t), busy(t)
	one, two := p.projects[0], p.projects[1]
	queue := func(who person, args ...string) [][]string {
		rows := who.types(t, append([]string{"gpu", "queue"}, args...)...).rows(t)
		for _, row := range rows {
			row[5] = "" // How long.
		}
		return rows
	}
	first := []string{"1", p.tenant, one, "aiworkload/first", "1 " + h100, "", "Project", "1 NVIDIA-H100: " + one + " uses 2 of 2 (Project limit; 0 would fit)"}
	second := []string{"1", p.tenant, two, "aiworkload/second", "1 " + a100, "", "Tenant", "1 NVIDIA-A100: " + p.tenant + " uses 4 of 3 (Tenant limit; 0 would fit)"}
	third := []string{"2", p.tenant, one, "aiworkload/third", "2 " + a100 + ", 1 " + h100, "", "Project, Tenant",
		"2 NVIDIA-A100: " + p.tenant + " uses 4 of 3 (Tenant limit; 0 would fit); 1 NVIDIA-H100: " + one + " uses 2 of 2 (Project limit; 0 would fit)"}

	viewer := someone(t, one+"-viewers")
	assert.Equal(t, [][]string{first, third}, queue(viewer, "-n", one))
	assert.Equal(t, [][]string{first, third}, queue(viewer, "-A"))
	assert.Equal(t, [][]string{third}, queue(viewer, "-A", "--family", a100))
	manager := someone(t, p.tenant+"-managers")
	assert.ElementsMatch(t, [][]string{first, second, third}, queue(manager, "--tenant", p.tenant))
	assert.Equal(t, "2", queue(manager, "-A")[2][0])
	everything := queue(admin(t), "-A")
	assert.Subset(t, everything, [][]string{first, second, third})
	assert.Contains(t, fmt.Sprint(everything), other.tenant)

	assert.Equal(t, answer{"", fmt.Sprintf("error: there is no Project %q that you may see\n", two), 2}, viewer.types(t, "gpu", "queue", "-n", two))
	assert.Equal(t, "You see no Project.\n", someone(t, "outsiders").types(t, "gpu", "queue", "-A").stderr)
	assert.Equal(t, "Nobody waits for GPUs in "+one+".\n", viewer.types(t, "gpu", "queue", "-n", one, "--family", l4).stderr)
	assert.Equal(t, 2, viewer.types(t, "gpu", "queue").status, "default is no Project")

	objects := viewer.types(t, "gpu", "queue", "-n", one, "-o", "json")
	var list struct{ Items []v1alpha1.AIWorkload }
	require.NoError(t, yaml.Unmarshal([]byte(objects.stdout), &list), objects.stderr)
	assert.Equal(t, []string{"first", "third"}, []string{list.Items[0].Name, list.Items[1].Name})
	assert.Equal(t, "AIWorkload", list.Items[0].Kind)
}

func TestTopSaysWhoUsesMost(t *testing.T) {
	t.Parallel()
	p := busy(t)
	projects := someone(t, p.tenant+"-managers").types(t, "gpu", "top").rows(t)
	require.Len(t, projects, 2)
	assert.Equal(t, []string{"6", p.tenant, p.projects[0], "4 NVIDIA-A100, 2 NVIDIA-H100", "2 NVIDIA-A100, 2 NVIDIA-H100", "2"}, projects[0][:6])
	assert.Equal(t, []string{"3", p.tenant, p.projects[1], "3 NVIDIA-L4", "1 NVIDIA-A100", "1"}, projects[1][:6])

	viewer := someone(t, p.projects[0]+"-viewers")
	assert.Equal(t, []string{"3", p.tenant, p.projects[1], "3 NVIDIA-L4", "1 NVIDIA-A100", "?", "?"}, viewer.types(t, "gpu", "top").rows(t)[1])
	var names []string
	for _, row := range viewer.types(t, "gpu", "top", "workloads").rows(t) {
		names = append(names, strings.Join(row[3:5], " "))
	}
	assert.Equal(t, []string{"aiworkload/holds Admitted", "aiworkload/first Pending", "aiworkload/third Pending"}, names)

	var ranking struct {
		Items []struct {
			Project string
			Uses    map[string]int
			Waiting *int
		}
	}
	structured := viewer.types(t, "gpu", "top", "-o", "json")
	require.NoError(t, json.Unmarshal([]byte(structured.stdout), &ranking), structured.stderr)
	assert.Equal(t, map[string]int{a100: 4, h100: 2}, ranking.Items[0].Uses)
	assert.Equal(t, 2, *ranking.Items[0].Waiting)
	assert.Nil(t, ranking.Items[1].Waiting, "who waits in "+ranking.Items[1].Project+" may not be read")
	assert.Contains(t, viewer.types(t, "gpu", "top", "--watch", "-o", "json").stderr, "--watch shows tables")
}

func TestAClusterWithoutTenancyIsToldInPlainWords(t *testing.T) {
	t.Parallel()
	// Below a path that it does not know, kube-apiserver answers as it does for an API that nobody has installed.
	got := admin(t).types(t, "gpu", "usage", "--server", cluster.Config().Host+"/elsewhere")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "error: the server has no spectrocloud.com/v1alpha1: tenancy is not installed in this cluster")
}

func TestTabCompletesWhatOneMaySee(t *testing.T) {
	t.Parallel()
	p := busy(t)
	newPlace(t, limits(counts{"HIDDEN": 1}), v1alpha1.GPUResources{})
	viewer := someone(t, p.projects[0]+"-viewers")
	for typed, want := range map[string]string{
		"usage ":                  p.tenant + "\n:4\n",
		"usage " + p.tenant + " ": ":4\n",
		"queue --tenant ":         p.tenant + "\n:4\n",
		"queue -n ":               p.projects[0] + "\n:4\n",
		"queue --family NVIDIA-":  a100 + "\n" + h100 + "\n" + l4 + "\n:4\n",
		"can-i-fit -n " + p.projects[0] + " NVIDIA-": a100 + "=\n" + h100 + "=\n:6\n",
		"can-i-fit NVIDIA-A":                         a100 + "=\n:6\n",
		"can-i-fit NVIDIA-A100=1,":                   a100 + "=1," + h100 + "=\n" + a100 + "=1," + l4 + "=\n:6\n",
		"can-i-fit NVIDIA-A100=":                     ":6\n",
		"can-i-fit NVIDIA-A100=1 --kind ":            "aiworkload\ncomputepool\n:4\n",
		"top w":                                      "workloads\n:4\n",
		"usage -o ":                                  "table\nbars\nwide\njson\nyaml\n:4\n",
		"usage --context ":                           "here\n:4\n",
	} {
		framework.Eventually(t, "the families that are used to be seen", func(context.Context) error {
			got := viewer.types(t, append([]string{"__complete", "gpu"}, strings.Split(typed, " ")...)...)
			if got.stdout != want {
				return fmt.Errorf("%q is completed by %q%s", typed, got.stdout, got.stderr)
			}
			return nil
		})
	}
}
