// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/kubectlgpu"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// inProcess is the plugin with the person's kubeconfig. Each of count counts its requests.
func (p person) inProcess(streams genericiooptions.IOStreams, args ...string) *cobra.Command {
	return p.counted(new(atomic.Int64), streams, args...)
}

func (p person) counted(count *atomic.Int64, streams genericiooptions.IOStreams, args ...string) *cobra.Command {
	flags := genericclioptions.NewConfigFlags(true).WithWrapConfigFn(func(config *rest.Config) *rest.Config {
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(request *http.Request) (*http.Response, error) {
				count.Add(1)
				return next.RoundTrip(request)
			})
		})
		return config
	})
	*flags.KubeConfig = p.kubeconfig
	command := kubectlgpu.NewCommand(flags, streams)
	command.SetArgs(args)
	return command
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// TestTheQueueCostsWhatWaits: requests follow the pages of what waits, and not what else there is.
func TestTheQueueCostsWhatWaits(t *testing.T) {
	t.Parallel()
	waiting, holding := 510, 0
	if os.Getenv("TENANCY_SOAK") != "" {
		waiting, holding = 2_000, 8_000
	}
	p := newPlace(t, v1alpha1.GPUResources{}, limits(counts{a100: 0}))
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16)
	for i := range waiting + holding {
		family := a100
		if i >= waiting {
			family = l4
		}
		group.Go(func() error {
			_, err := tenancy.AIWorkloads(p.projects[0]).Create(ctx, &v1alpha1.AIWorkload{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("w%d", i)}, Spec: v1alpha1.AIWorkloadSpec{GPURequests: counts{family: 1}}}, metav1.CreateOptions{})
			return err
		})
	}
	require.NoError(t, group.Wait())
	pages := waiting/500 + 1 // After a full one there is another, as long as there is anything that does not wait.
	viewer := someone(t, p.projects[0]+"-viewers")
	for args, want := range map[string]int{
		"queue -n " + p.projects[0]: 3 + pages + 1, // Project, Tenant, usage; the waiting AIWorkloads, the waiting ComputePools.
		"queue -A":                  3 + pages + 1,
		"queue -A --family " + l4:   3, // gpuusage says that nobody waits for those.
		"usage":                     2,
		"top":                       3 + pages + 1,
		"can-i-fit " + l4 + "=1 -n " + p.projects[0]: 5, // Dry run, right, Project, Tenant, usage.
	} {
		count := &atomic.Int64{}
		streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
		require.Zero(t, kubectlgpu.Execute(t.Context(), viewer.counted(count, streams, strings.Fields(args)...)), stderr.String())
		assert.EqualValues(t, want, count.Load(), args)
		if strings.HasPrefix(args, "queue") && want > 3 {
			lines := strings.Split(stdout.String(), "\n")
			require.Len(t, lines, waiting+2)
			for i, line := range lines[1 : waiting+1] {
				assert.Equal(t, fmt.Sprint(i+1), strings.Fields(line)[0])
			}
		}
	}
	count := &atomic.Int64{}
	streams, _, _, stderr := genericiooptions.NewTestIOStreams()
	editor := someone(t, p.projects[0]+"-editors")
	require.Zero(t, kubectlgpu.Execute(t.Context(), editor.counted(count, streams, "can-i-fit", l4+"=1", "-n", p.projects[0])), stderr.String())
	assert.EqualValues(t, 1, count.Load(), "who may create has the server decide")
}

// output collects what a running command writes.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

// shows waits until the last table has the fragment.
func (o *output) shows(t *testing.T, fragment string) {
	t.Helper()
	framework.Eventually(t, fragment+" to be shown", func(context.Context) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		tables := strings.Split(o.text.String(), "\n\n")
		if last := tables[len(tables)-1]; !strings.Contains(last, fragment) {
			return fmt.Errorf("it shows:\n%s", last)
		}
		return nil
	})
}

func TestTopFollowsWhatHappensUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 4}), v1alpha1.GPUResources{})
	project := p.projects[0]
	viewer := someone(t, project+"-viewers")
	command := viewer.command(t.Context(), t, "gpu", "top", "workloads", "-n", project, "--watch")
	out, errs := &output{}, &output{}
	command.Stdout, command.Stderr = out, errs
	require.NoError(t, command.Start())
	out.shows(t, "Nobody uses GPUs or waits for any in "+project)
	ask(t, project, "one", counts{a100: 4})
	out.shows(t, "aiworkload/one   Admitted")
	ask(t, project, "two", counts{a100: 4})
	out.shows(t, "aiworkload/two   Pending")
	require.NoError(t, tenancy.AIWorkloads(project).Delete(t.Context(), "one", metav1.DeleteOptions{}))
	out.shows(t, "aiworkload/two   Admitted")
	require.NoError(t, command.Process.Signal(syscall.SIGINT)) // kubectl has become the plugin.
	require.NoError(t, command.Wait(), errs.text.String())
	assert.Empty(t, errs.text.String())
}
