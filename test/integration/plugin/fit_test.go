// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/kubectlgpu"
)

func TestCanIFitSaysYesOrWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := newPlace(t, v1alpha1.GPUResources{Limits: counts{a100: 8}, Requests: counts{h100: 4}}, limits(counts{a100: 6}), v1alpha1.GPUResources{})
	one := p.projects[0]
	ask(t, one, "holds", counts{a100: 2})
	ask(t, p.projects[1], "too", counts{a100: 4})
	figures := fmt.Sprintf(`
FAMILY        REQUESTED   LEVEL               LIMIT   USED   FREE   MOST PER REQUEST   WOULD FIT
NVIDIA-A100   3           Tenant %[1]s    8       6      2      no limit           2
NVIDIA-A100   3           Project %[2]s   6       2      4      no limit           4
`, p.tenant, one)
	columns := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	for asked, want := range map[string]answer{
		a100 + "=2":            {"Yes: 2 NVIDIA-A100 fit in " + one + " now.", "", 0},
		l4 + "=1000":           {"Yes: 1000 NVIDIA-L4 fit in " + one + " now.", "", 0},
		a100 + "=3":            {"No, it would wait in " + one + " for 3 NVIDIA-A100: " + p.tenant + " uses 6 of 8 (Tenant limit; 2 would fit).\n" + figures, "", 1},
		h100 + "=5":            {"No, it would be refused in " + one + ": it asks for 5 NVIDIA-H100, and one request may ask for at most 4 in Tenant " + p.tenant, "", 1},
		a100 + "=2,bad_=1":     {"", `error: AIWorkload.spectrocloud.com "can-i-fit-`, 2},
		a100:                   {"", "error: \"NVIDIA-A100\" is no request for GPUs: say FAMILY=COUNT", 2},
		a100 + "=1 --kind=pod": {"", `error: there is no --kind "pod"`, 2},
	} {
		got := someone(t, one+"-admins").types(t, append([]string{"gpu", "can-i-fit", "-n", one}, strings.Fields(asked)...)...)
		assert.Equal(t, want.status, got.status, "%s: %v", asked, got)
		assert.Contains(t, columns(got.stdout), columns(want.stdout), asked)
		assert.Contains(t, got.stderr, want.stderr, asked)
	}
	pool := someone(t, one+"-admins").types(t, "gpu", "can-i-fit", a100+"=3,"+h100+"=4", "-n", one, "--kind", "computepool")
	assert.Equal(t, 1, pool.status, pool.stderr)
	assert.Contains(t, pool.stdout, p.tenant+" uses 6 of 8")

	var report struct {
		Outcome  string
		Families []struct{ Levels []struct{ WouldFit int64 } }
	}
	structured := someone(t, one+"-admins").types(t, "gpu", "can-i-fit", a100+"=3", "-n", one, "-o", "json")
	assert.Equal(t, 1, structured.status, structured.stderr)
	require.NoError(t, json.Unmarshal([]byte(structured.stdout), &report))
	assert.Equal(t, "waits", report.Outcome)
	assert.EqualValues(t, 2, report.Families[0].Levels[0].WouldFit)

	viewer := someone(t, one+"-viewers").types(t, "gpu", "can-i-fit", a100+"=3", "-n", one)
	assert.Equal(t, 1, viewer.status)
	assert.Contains(t, columns(viewer.stdout), columns(figures))
	assert.Contains(t, viewer.stderr, "This is an estimate: you may not create aiworkloads in "+one)
	for who, stranger := range map[string]person{"nowhere": someone(t, one+"-viewers"), one: someone(t, "outsiders")} {
		got := stranger.types(t, "gpu", "can-i-fit", a100+"=1", "-n", who)
		assert.Equal(t, 2, got.status)
		assert.Contains(t, got.stderr, fmt.Sprintf("there is no Project %q that you may see", who))
	}
	notThere := admin(t).types(t, "gpu", "can-i-fit", a100+"=1")
	assert.Equal(t, answer{"", "error: there is no Project \"default\" that you may see\n", 2}, notThere)

	left, err := tenancy.AIWorkloads(one).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Len(t, left.Items, 1, "nothing is created")
}

// here runs the plugin in this process, which is a hundred times faster than kubectl, as its last words and status.
func (p person) here(t *testing.T, args ...string) answer {
	t.Helper()
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	return answer{status: kubectlgpu.Execute(t.Context(), p.inProcess(streams, args...)), stdout: first(stdout), stderr: stderr.String()}
}

func first(text *bytes.Buffer) string {
	line, _, _ := strings.Cut(text.String(), "\n")
	return line
}

func TestCanIFitIsTheRealVerdict(t *testing.T) {
	t.Parallel()
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	families := []string{a100, h100, l4}
	p := newPlace(t,
		v1alpha1.GPUResources{Limits: counts{a100: 12, "Default": 20}, Requests: counts{h100: 6}},
		v1alpha1.GPUResources{Limits: counts{a100: 6, h100: 6}, Requests: counts{"Default": 5}},
		v1alpha1.GPUResources{Limits: counts{l4: 4}}, v1alpha1.GPUResources{})
	said, there := map[string]int{}, []consumer{}
	for i := range 200 {
		project := p.projects[random.IntN(len(p.projects))]
		gpus := counts{families[random.IntN(3)]: 1 + random.Int32N(7)}
		if random.IntN(3) == 0 {
			gpus[families[random.IntN(3)]] = 1 + random.Int32N(4)
		}
		var asked []string
		for family, n := range gpus {
			asked = append(asked, fmt.Sprintf("%s=%d", family, n))
		}
		kind, create := "aiworkload", createWorkload
		if random.IntN(4) == 0 {
			kind, create = "computepool", createPool
		}
		args := append([]string{"can-i-fit", "-n", project, "--kind", kind}, asked...)
		decided := member(t, project+"-admins").here(t, args...)
		estimated := member(t, project+"-viewers").here(t, args...)
		real, err := create(t, project, fmt.Sprintf("w%d", i), gpus)
		want := "Yes: "
		switch {
		case apierrors.IsForbidden(err):
			_, why, _ := strings.Cut(err.Error(), "is forbidden: ")
			want = "No, it would be refused in " + project + ": " + why
		case err != nil:
			require.NoError(t, err)
		case real.Phase == v1alpha1.ConsumerPending:
			want = "No, it would wait in " + project + " for " + strings.TrimPrefix(real.Conditions[0].Message, "waiting for ")
		}
		for _, kind := range []string{"Yes", "refused", "(Tenant limit", "(Project limit"} {
			if strings.Contains(want, kind) {
				said[kind]++
			}
		}
		for who, got := range map[string]answer{"the dry run": decided, "the estimate": estimated} {
			assert.True(t, strings.HasPrefix(got.stdout, want), "case %d of seed %d, %v in %s, %s:\n%s\nis\n%s%s", i, seed, gpus, project, who, want, got.stdout, got.stderr)
			assert.Equal(t, want == "Yes: ", got.status == 0, got)
		}
		there = append(there, consumer{kind, project, fmt.Sprintf("w%d", i)})
		if len(there) > 8 { // Room for others, and who waits may be admitted.
			gone := random.IntN(len(there))
			there[gone].remove(t)
			there = slices.Delete(there, gone, gone+1)
		}
	}
	t.Logf("verdicts: %v", said)
	assert.Len(t, said, 4, "of each kind of verdict some: %v", said)
	for kind, n := range said {
		assert.Greater(t, n, 10, kind)
	}
}

func createWorkload(t *testing.T, project, name string, gpus counts) (v1alpha1.ConsumerStatus, error) {
	created, err := tenancy.AIWorkloads(project).Create(t.Context(), &v1alpha1.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AIWorkloadSpec{GPURequests: gpus}}, metav1.CreateOptions{})
	return created.Status, err
}

// createPool creates a ComputePool with a node of its own for each GPU.
func createPool(t *testing.T, project, name string, gpus counts) (v1alpha1.ConsumerStatus, error) {
	deployment := &v1alpha1.ClusterDeployment{}
	nodes := &deployment.PaletteClusterDeploymentConfig.NodePoolRequirements
	for family, n := range gpus {
		nodes.WorkerPools = append(nodes.WorkerPools, v1alpha1.WorkerPool{
			Name: strings.ToLower(family), NodeCount: &n, GPU: &v1alpha1.GPURequirement{Family: family, GPUCount: 1}})
	}
	created, err := tenancy.ComputePools(project).Create(t.Context(), &v1alpha1.ComputePool{ObjectMeta: metav1.ObjectMeta{Name: "pool-" + name},
		Spec: v1alpha1.ComputePoolSpec{ClusterVariant: v1alpha1.ClusterVariant{Dedicated: deployment}}}, metav1.CreateOptions{})
	return created.Status, err
}

// consumer is one that may have been created.
type consumer struct{ kind, project, name string }

func (c consumer) remove(t *testing.T) {
	t.Helper()
	err := tenancy.AIWorkloads(c.project).Delete(t.Context(), c.name, metav1.DeleteOptions{})
	if c.kind == "computepool" {
		err = tenancy.ComputePools(c.project).Delete(t.Context(), "pool-"+c.name, metav1.DeleteOptions{})
	}
	if !apierrors.IsNotFound(err) { // It may have been refused.
		require.NoError(t, err)
	}
}

// people are whom the random table has logged in already.
var people = map[string]person{}

func member(t *testing.T, group string) person {
	t.Helper()
	if _, ok := people[group]; !ok {
		people[group] = someone(t, group)
	}
	return people[group]
}
