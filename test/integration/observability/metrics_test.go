// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// metric is what is documented of a metric, and what a scrape shows of it.
type metric struct {
	kind   string
	labels string // Sorted, separated by commas.
}

// notHere are documented metrics that a local cluster does not show, and why.
var notHere = map[string]string{
	"tenancy_certificate_expiration_timestamp_seconds": "certificates are made only with --serving-certificate-service",
	"tenancy_certificate_renewal_timestamp_seconds":    "as above",
}

func TestEveryMetricIsDocumentedAndEveryDocumentedMetricIsThere(t *testing.T) {
	p := newPlace(t, `{"NVIDIA-A100":8}`)
	for name, gpus := range map[string]int32{"held": 6, "waits": 4} {
		_, err := tenancy.AIWorkloads(p.project).Create(t.Context(), workload(p.project, name, gpus), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec":{"gpuResources":{"limits":{"NVIDIA-A100":2}}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	documented := readDocument(t)
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			ours := func(name string) bool { return strings.HasPrefix(name, "tenancy_") && notHere[name] == "" }
			framework.Eventually(t, "what is documented", func(ctx context.Context) error {
				shown, err := scrape(ctx, program)
				for _, name := range slices.Sorted(maps.Keys(documented[program])) {
					if is, ok := shown[name]; !ok && notHere[name] == "" {
						err = errors.Join(err, fmt.Errorf("%s is documented and not there", name))
					} else if want := documented[program][name]; ours(name) && is != want {
						err = errors.Join(err, fmt.Errorf("%s is documented as %v and is %v", name, want, is))
					}
				}
				return err
			})
			shown, err := scrape(t.Context(), program)
			require.NoError(t, err)
			for name := range shown {
				_, ok := documented[program][name]
				assert.True(t, ok || !ours(name), "%s is there and not documented: %v", name, shown[name])
			}
		})
	}
}

var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\w+) \\| ([^|]*)\\| .")

// readDocument returns what docs/metrics.md says of each program, which has a heading of its name. A first section is about
// both.
func readDocument(t *testing.T) map[string]map[string]metric {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
	require.NoError(t, err)
	documented := map[string]map[string]metric{localcluster.TenancyAPIServer: {}, localcluster.TenancyControllerManager: {}}
	for _, section := range strings.Split(string(content), "\n## ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		programs := []string{title}
		if title == "Both programs" {
			programs = slices.Collect(maps.Keys(documented))
		}
		for _, found := range row.FindAllStringSubmatch(text, -1) {
			labels := strings.Split(strings.ReplaceAll(strings.TrimSpace(found[3]), "`", ""), ", ")
			slices.Sort(labels)
			for _, program := range programs {
				require.Contains(t, documented, program, "docs/metrics.md has metrics under heading %q", title)
				documented[program][found[1]] = metric{found[2], strings.Join(labels, ",")}
			}
		}
	}
	return documented
}

var (
	typeLine = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	labelsOf = regexp.MustCompile(`([a-zA-Z_]+)="`)
	serving  = regexp.MustCompile(`Serving securely on (127\.0\.0\.1:\d+)`)
)

// read returns the metrics of a program, as Prometheus would get them.
func read(ctx context.Context, program string) ([]byte, error) {
	config := cluster.Direct(cluster.Config(), 0)
	if program == localcluster.TenancyControllerManager { // Its log has its port; the same authority vouches for both.
		found := serving.FindStringSubmatch(cluster.LogTail(program, 100_000))
		if found == nil {
			return nil, errors.New("the log does not say where it serves")
		}
		config.Host = "https://" + found[1]
	}
	client, err := rest.UnversionedRESTClientFor(unversioned(config))
	if err != nil {
		return nil, err
	}
	return client.Get().AbsPath("/metrics").DoRaw(ctx)
}

// scrape returns what is shown of each metric, by name.
func scrape(ctx context.Context, program string) (map[string]metric, error) {
	text, err := read(ctx, program)
	if err != nil {
		return nil, err
	}
	shown := map[string]metric{}
	for _, found := range typeLine.FindAllStringSubmatch(string(text), -1) {
		name := found[1]
		sample := regexp.MustCompile(`(?m)^` + name + `(_bucket|_sum|_count)?(\{(.*)\})? [^{}]*$`).FindStringSubmatch(string(text))
		if sample == nil {
			continue // It is described, and has no series yet.
		}
		var labels []string
		for _, label := range labelsOf.FindAllStringSubmatch(sample[3], -1) {
			if label[1] != "le" {
				labels = append(labels, label[1])
			}
		}
		slices.Sort(labels)
		shown[name] = metric{found[2], strings.Join(labels, ",")}
	}
	return shown, nil
}
