// SPDX-License-Identifier: Apache-2.0

package gpu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// eventsOn returns "Type Reason Note" of each event about an object.
func eventsOn(ctx context.Context, namespace, kind, name string) (found []string, err error) {
	list, err := cluster.Admin.Host.EventsV1().Events(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for _, event := range list.Items {
		if event.Regarding.Kind == kind && event.Regarding.Name == name {
			found = append(found, event.Type+" "+event.Reason+" "+event.Note)
		}
	}
	return found, nil
}

// told waits for an event about an object that begins like that.
func told(t *testing.T, namespace, kind, name, want string) {
	t.Helper()
	framework.Eventually(t, want+" of "+kind+" "+name, func(ctx context.Context) error {
		found, err := eventsOn(ctx, namespace, kind, name)
		if err != nil {
			return err
		}
		for _, event := range found {
			if strings.HasPrefix(event, want) {
				return nil
			}
		}
		return fmt.Errorf("there are %q", found)
	})
}

func TestWhatBecomesOfARequestIsToldAsEvents(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 4}), v1alpha1.GPUResources{})
	p.ask(t, "first", counts{a100: 4})
	told(t, p.project, "AIWorkload", "first", "Normal Admitted Holds 4 NVIDIA-A100")
	_, err := tenancy.ComputePools(p.project).Create(t.Context(), pool("second", 1, 2, a100), metav1.CreateOptions{})
	require.NoError(t, err)
	told(t, p.project, "ComputePool", "second", "Normal Waiting waiting for 2 NVIDIA-A100: ")
	_, err = tenancy.AIWorkloads(p.project).Patch(t.Context(), "first", types.MergePatchType, []byte(`{"spec":{"suspend":true}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	told(t, p.project, "AIWorkload", "first", "Normal Suspended ")
	told(t, p.project, "ComputePool", "second", "Normal Admitted Holds 2 NVIDIA-A100")

	p.limitTenant(t, `{"NVIDIA-A100":1}`)
	over := "Warning GPULimitExceeded NVIDIA-A100: 2 in use, limit 1: 1 over"
	told(t, "default", "Tenant", p.tenant, over)
	told(t, p.project, "Project", p.project, over)
	p.limitTenant(t, `{"NVIDIA-A100":2}`)
	told(t, "default", "Tenant", p.tenant, "Normal WithinLimits ")
	told(t, p.project, "Project", p.project, "Normal WithinLimits ")

	// What asks for nothing is told nothing.
	p.ask(t, "idle", nil)
	p.ask(t, "last", counts{h100: 1})
	told(t, p.project, "AIWorkload", "last", "Normal Admitted ")
	found, err := eventsOn(t.Context(), p.project, "AIWorkload", "idle")
	require.NoError(t, err)
	assert.Empty(t, found)
}

// TestABurstIsToldInPartAndAsANumber keeps 300 events at once away from the host's etcd.
func TestABurstIsToldInPartAndAsANumber(t *testing.T) {
	t.Parallel()
	const count = 300
	p := newPlace(t, v1alpha1.GPUResources{}, v1alpha1.GPUResources{})
	var group errgroup.Group
	group.SetLimit(16)
	for i := range count {
		group.Go(func() error {
			_, err := tenancy.AIWorkloads(p.project).Create(t.Context(), workload(fmt.Sprintf("w-%d", i), counts{a100: 1}), metav1.CreateOptions{})
			return err
		})
	}
	require.NoError(t, group.Wait())
	admitted := regexp.MustCompile(`\d+ admitted`)
	framework.Eventually(t, "all of them in events or numbers", func(ctx context.Context) error {
		list, err := cluster.Admin.Host.EventsV1().Events(p.project).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		single, summed := 0, 0
		for _, event := range list.Items {
			switch event.Reason {
			case "Admitted":
				single++
			case "ManyAnswered":
				var n int
				if _, err := fmt.Sscanf(admitted.FindString(event.Note), "%d admitted", &n); err != nil {
					return err
				}
				summed += n
			}
		}
		if single+summed != count || single > count/4 {
			return fmt.Errorf("%d events and %d in numbers", single, summed)
		}
		return nil
	})
}

// TestARestartRepeatsNoEventAndNoWrite of what was decided before it. It is not parallel: nobody else is to miss an event.
func TestARestartRepeatsNoEventAndNoWrite(t *testing.T) {
	quiet := newPlace(t, limits(counts{a100: 2}), v1alpha1.GPUResources{})
	quiet.ask(t, "holds", counts{a100: 1})
	framework.Eventually(t, "the statuses", quiet.statusIs(counts{a100: 1}))
	versions := func() [2]string {
		tenant, err := tenancy.Tenants().Get(t.Context(), quiet.tenant, metav1.GetOptions{})
		require.NoError(t, err)
		project, err := tenancy.Projects(quiet.project).Get(t.Context(), quiet.project, metav1.GetOptions{})
		require.NoError(t, err)
		return [2]string{tenant.ResourceVersion, project.ResourceVersion}
	}
	before := versions()

	p := newPlace(t, limits(counts{a100: 1}), v1alpha1.GPUResources{})
	p.ask(t, "old-holds", counts{a100: 1})
	p.ask(t, "old-waits", counts{a100: 1})
	told(t, p.project, "AIWorkload", "old-holds", "Normal Admitted ")
	told(t, p.project, "AIWorkload", "old-waits", "Normal Waiting ")
	require.NoError(t, cluster.Component(localcluster.TenancyControllerManager).Restart(t.Context()))
	// It leads when it writes a status; from then on it tells of what is new.
	p.limitTenant(t, `{"NVIDIA-A100":0}`)
	told(t, "default", "Tenant", p.tenant, "Warning GPULimitExceeded ")
	p.ask(t, "new", counts{h100: 1})
	told(t, p.project, "AIWorkload", "new", "Normal Admitted ")
	list, err := cluster.Admin.Host.EventsV1().Events(p.project).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	found := map[string]int{}
	for _, event := range list.Items {
		if event.Regarding.Kind == "AIWorkload" {
			found[event.Regarding.Name]++
			assert.Nil(t, event.Series, event.Regarding.Name)
		}
	}
	assert.Equal(t, 1, found["old-holds"])
	assert.Equal(t, 1, found["old-waits"])

	allLookedAt(t)
	assert.Equal(t, before, versions())
}

// allLookedAt waits until the controller manager, since it started, has looked at the GPUs of all Tenants and Projects.
func allLookedAt(t *testing.T) {
	t.Helper()
	tenants, err := tenancy.Tenants().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	projects, err := tenancy.Projects("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "a look at everything", func(ctx context.Context) error {
		text, err := scrapeControllers(ctx)
		if err != nil {
			return err
		}
		figures := map[string]float64{}
		for _, found := range regexp.MustCompile(`(?m)^workqueue_(\w+)\{name="gpuusage"\} (\S+)$`).FindAllStringSubmatch(text, -1) {
			if figures[found[1]], err = strconv.ParseFloat(found[2], 64); err != nil {
				return err
			}
		}
		if figures["adds_total"] < float64(len(tenants.Items)+len(projects.Items)) || figures["depth"]+figures["unfinished_work_seconds"] > 0 {
			return fmt.Errorf("the queue is at %v", figures)
		}
		return nil
	})
}

func TestMetricsShowWhatIsUsedLimitedAndPending(t *testing.T) {
	t.Parallel()
	p := newPlace(t, limits(counts{a100: 8}), limits(counts{a100: 4}))
	p.ask(t, "holds", counts{a100: 3})
	p.ask(t, "waits", counts{a100: 2})
	p.ask(t, "unlimited", counts{h100: 1})
	ofProject := func(name, family string, value int) string {
		return fmt.Sprintf("tenancy_project_gpu_%s{family=%q,project=%q,tenant=%q} %d", name, family, p.project, p.tenant, value)
	}
	ofTenant := func(name, family string, value int) string {
		return fmt.Sprintf("tenancy_tenant_%s{family=%q,tenant=%q} %d", name, family, p.tenant, value)
	}
	want := []string{
		ofProject("limit", a100, 4), ofProject("used", a100, 3), ofProject("used", h100, 1),
		ofProject("waiting", a100, 2), ofProject("waiting", h100, 0),
		ofTenant("gpu_limit", a100, 8), ofTenant("gpu_used", a100, 3), ofTenant("gpu_used", h100, 1),
		ofTenant("gpu_waiting", a100, 2), ofTenant("gpu_waiting", h100, 0),
		ofTenant("requests_waiting", a100, 1), ofTenant("requests_waiting", h100, 0),
	}
	shown := func(want ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			text, err := scrapeServer(ctx)
			if err != nil {
				return err
			}
			var found []string
			for _, line := range strings.Split(text, "\n") {
				if strings.HasPrefix(line, "tenancy_") && strings.Contains(line, fmt.Sprintf("tenant=%q", p.tenant)) {
					found = append(found, line)
				}
			}
			if strings.Join(found, "\n") != strings.Join(want, "\n") {
				return fmt.Errorf("it shows %q", found)
			}
			return nil
		}
	}
	framework.Eventually(t, "the metrics", shown(want...))
	require.NoError(t, tenancy.Projects(p.project).Delete(t.Context(), p.project, metav1.DeleteOptions{}))
	framework.Eventually(t, "the metrics without the Project", shown(
		ofTenant("gpu_limit", a100, 8), ofTenant("gpu_used", a100, 0), ofTenant("gpu_waiting", a100, 0), ofTenant("requests_waiting", a100, 0)))
	framework.Eventually(t, "the Project to be gone, and then the Tenant", func(ctx context.Context) error {
		return tenancy.Tenants().Delete(ctx, p.tenant, metav1.DeleteOptions{})
	})
	framework.Eventually(t, "the metrics without the Tenant", shown())
}

var serving = regexp.MustCompile(`Serving securely on (127\.0\.0\.1:\d+)`)

// scrapeControllers reads the metrics of the controller manager, whose port its log has.
func scrapeControllers(ctx context.Context) (string, error) {
	found := serving.FindAllStringSubmatch(cluster.LogTail(localcluster.TenancyControllerManager, 100_000), -1)
	if len(found) == 0 {
		return "", fmt.Errorf("the log does not say where it serves:\n%s", cluster.LogTail(localcluster.TenancyControllerManager, 20))
	}
	return scrape(ctx, "https://"+found[len(found)-1][1])
}

// scrapeServer reads the metrics of tenancy-apiserver.
func scrapeServer(ctx context.Context) (string, error) {
	return scrape(ctx, cluster.Direct(cluster.Config(), 0).Host)
}

func scrape(ctx context.Context, host string) (string, error) {
	client, err := rest.HTTPClientFor(cluster.Direct(cluster.Config(), 0)) // The same authority vouches for both programs.
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, host+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(response.Body)
	return string(text), errors.Join(err, response.Body.Close())
}
