// SPDX-License-Identifier: Apache-2.0

package attacks

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

var (
	// mostMemory is what the API server may ever have resident in these tests, in KiB.
	mostMemory = often(768<<10, 3<<20)
	// longestWait is how long anybody may have to wait for an answer while others attack, on a machine of two busy cores.
	longestWait = time.Duration(often(30, 40)) * time.Second
)

// often is how often something is tried: more where TENANCY_SOAK is set.
func often(usually, soaking int) int {
	if os.Getenv("TENANCY_SOAK") != "" {
		return soaking
	}
	return usually
}

// meanwhile runs the attack and checks that another Tenant's admin is served all the time, and that the API server is the
// same process afterwards, ready, and of bounded size.
func meanwhile(t *testing.T, attack func()) {
	t.Helper()
	victim := newParty(t)
	pid := cluster.Component(localcluster.TenancyAPIServer).PID()
	ctx, stop := context.WithCancel(t.Context())
	var bystanders sync.WaitGroup
	slowest, served := map[string]time.Duration{}, 0
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	bystanders.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			for what, ask := range map[string]func(ctx context.Context) error{
				"get": func(ctx context.Context) error {
					_, err := victim.admin.Projects(victim.project).Get(ctx, victim.project, metav1.GetOptions{})
					return err
				},
				"list": func(ctx context.Context) error {
					_, err := victim.admin.Projects("").List(ctx, metav1.ListOptions{})
					return err
				},
				"patch": func(ctx context.Context) error {
					_, err := victim.admin.Projects(victim.project).Patch(ctx, victim.project, types.MergePatchType,
						fmt.Appendf(nil, `{"metadata": {"labels": {"bystander": "%d"}}}`, i), metav1.PatchOptions{})
					return err
				},
			} {
				began := time.Now()
				within, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestWait)
				assert.NoError(t, ask(within), "%s, after %v", what, time.Since(began))
				cancel()
				slowest[what] = max(slowest[what], time.Since(began))
				served++
			}
			<-pace.C // A person, not another flood.
		}
	})
	attack()
	stop()
	bystanders.Wait()
	require.Equal(t, pid, cluster.Component(localcluster.TenancyAPIServer).PID(), "it was another process before")
	body, err := cluster.Through(t, cluster.Admin, 0).REST().Get().AbsPath("/readyz").DoRaw(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "ok", string(body))
	now, most := memory(t, localcluster.TenancyAPIServer, "VmRSS"), memory(t, localcluster.TenancyAPIServer, "VmHWM")
	t.Logf("served %d meanwhile, the slowest of each %v; %d MiB resident, at most %d", served, slowest, now>>10, most>>10)
	assert.Less(t, most, mostMemory, "KiB resident at most")
	assert.Positive(t, served)
}

// memory returns a figure of a program's memory, in KiB.
func memory(t *testing.T, program, name string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cluster.Component(program).PID()))
	require.NoError(t, err)
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			kib, err := strconv.Atoi(strings.Fields(string(value))[0])
			require.NoError(t, err)
			return kib
		}
	}
	t.Fatal("no " + name)
	return 0
}

// large are specs of nearly 3 MiB, the largest that is read, of the kinds that hold much.
func large(t *testing.T) map[string]struct{ version, kind, spec string } {
	t.Helper()
	filler := strings.Repeat("x", 4096)
	variables, components := make([]string, 700), make([]string, 44)
	for i := range variables {
		variables[i] = fmt.Sprintf(`{"name": "v%d", "value": %q}`, i, filler)
	}
	for i := range components {
		components[i] = fmt.Sprintf(`{"name": "c%d", "type": "t", "properties": {"a": %q, "b": %s}}`, i, strings.Repeat(filler, 14), nested(2000))
	}
	template := strings.Repeat(filler, 700)
	keys := strings.TrimSuffix(strings.Repeat(`"ssh-ed25519 `+filler+`",`, 700), ",")
	schematic := fmt.Sprintf(`{"schematic": {"cue": {"template": %q}}}`, template)
	return map[string]struct{ version, kind, spec string }{
		"variablesets":         {"v1beta1", "VariableSet", `{"variables": [` + strings.Join(variables, ",") + `]}`},
		"workloadprofiles":     {"v1beta1", "WorkloadProfile", `{"type": "Application", "workload": {"components": [` + strings.Join(components, ",") + `]}}`},
		"componentdefinitions": {"v1beta1", "ComponentDefinition", schematic},
		"traitdefinitions":     {"v1beta1", "TraitDefinition", schematic},
		"policydefinitions":    {"v1beta1", "PolicyDefinition", schematic},
		"profilebundles":       {"v1beta1", "ProfileBundle", fmt.Sprintf(`{"type": "Application", "description": %q}`, template)},
		"settings":             {"v1alpha1", "Settings", fmt.Sprintf(`{"integrations": {"palette": {"hostURL": "https://%s"}}}`, template)},
		"computeconfigs":       {"v1alpha1", "ComputeConfig", `{"paletteClusterConfig": {"defaults": {"controlPlanePool": {}, "sshKeys": [` + keys + `]}}}`},
		"scalingpolicies":      {"v1alpha1", "ScalingPolicy", fmt.Sprintf(`{"description": %q}`, template)},
	}
}

// TestHugeObjectsStopNobody sends the largest bodies that are read, of each kind, from many clients at once.
func TestHugeObjectsStopNobody(t *testing.T) {
	p := newParty(t)
	kinds := large(t)
	meanwhile(t, func() {
		var senders sync.WaitGroup
		for resource, kind := range kinds {
			for i := range often(4, 32) {
				senders.Go(func() {
					err := create(t, p.admin, kind.version, resource, kind.kind, p.project, fmt.Sprintf("large-%d", i), kind.spec)
					var told apierrors.APIStatus
					if assert.ErrorAs(t, err, &told, resource) {
						assert.Contains(t, []int32{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}, told.Status().Code,
							"%s: %v", resource, err)
						assert.Less(t, len(err.Error()), 16<<10, resource)
					}
				})
			}
		}
		senders.Wait()
	})
}

// TestSlowClientsStopNobody opens connections that send their request byte by byte, or never to the end, straight to the
// API server: as nobody, and as one who may create Projects.
func TestSlowClientsStopNobody(t *testing.T) {
	p := newParty(t)
	config := cluster.Direct(p.admin.Config, 0)
	path := "/apis/spectrocloud.com/v1alpha1/namespaces/" + p.project + "/aiworkloads"
	host := strings.TrimPrefix(config.Host, "https://")
	openings := map[string]string{
		"half a header": "GET /apis HTTP/1.1\r\nHost: " + host + "\r\nX-Slow: ",
		"half a body":   "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{",
		"chunks":        "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"a watch":       "GET " + allTenants + "?watch=1&allowWatchBookmarks=1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
	}
	meanwhile(t, func() {
		var connections []net.Conn
		defer func() {
			for _, connection := range connections {
				_ = connection.Close()
			}
		}()
		for what, opening := range openings {
			for range often(200, 1000) {
				connection := dial(t, config)
				require.NotNil(t, connection, what)
				connections = append(connections, connection)
				_, err := connection.Write([]byte(opening))
				require.NoError(t, err, what)
			}
		}
		<-time.After(time.Duration(often(6, 90)) * time.Second) // This long they are all open.
	})
}

// TestWatchersThatNeverReadStopNobody opens watches of a large object that changes, and reads none of them.
func TestWatchersThatNeverReadStopNobody(t *testing.T) {
	p := newParty(t)
	config := cluster.Direct(p.admin.Config, 0)
	meanwhile(t, func() {
		for range often(100, 1000) {
			connection := dial(t, config)
			require.NotNil(t, connection)
			defer connection.Close()
			_, err := fmt.Fprintf(connection, "GET /apis/spectrocloud.com/v1alpha1/projects?watch=1 HTTP/1.1\r\nHost: %s\r\n\r\n", strings.TrimPrefix(config.Host, "https://"))
			require.NoError(t, err)
		}
		filler := strings.Repeat("x", 200<<10)
		for i := range often(40, 400) {
			_, err := p.admin.Projects(p.project).Patch(t.Context(), p.project, types.MergePatchType,
				fmt.Appendf(nil, `{"metadata": {"annotations": {"filler": "%d%s"}}}`, i, filler), metav1.PatchOptions{})
			require.NoError(t, err)
		}
	})
}

// TestLabelledConfigMapsAreNotRemembered fills a Project with ConfigMaps that carry the label by which the controllers find
// those that hold rules: they must not keep what anybody can write.
func TestLabelledConfigMapsAreNotRemembered(t *testing.T) {
	p := newParty(t)
	before := memory(t, localcluster.TenancyControllerManager, "VmRSS")
	count := often(50, 500)
	filler := strings.Repeat("x", 1_000_000)
	for i := range count {
		name := fmt.Sprintf("labelled-%d", i)
		if i < len(access.Tiers) {
			name = access.Tiers[i].ConfigMap()
		}
		_, err := p.admin.Host.CoreV1().ConfigMaps(p.project).Create(t.Context(), &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: access.TenantLabels(p.tenant)}, Data: map[string]string{access.RulesKey: filler}}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	looksAgain(t, p.project)
	after := memory(t, localcluster.TenancyControllerManager, "VmRSS")
	t.Logf("%d MiB resident, %d before", after>>10, before>>10)
	assert.Less(t, after-before, count<<10*3/4, "KiB more than before, of which each ConfigMap has about a thousand")
	require.NoError(t, cluster.Admin.Projects(p.project).Delete(t.Context(), p.project, metav1.DeleteOptions{}))
}
