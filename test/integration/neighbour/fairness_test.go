// SPDX-License-Identifier: Apache-2.0

package neighbour

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	flowSchema  = "tenancy-users"
	connections = 64
	// patience is how long a request may wait on a busy machine while others flood the API.
	patience = framework.Patience
)

// Both servers classify a request by the chart's FlowSchema, which kube-apiserver shows in the headers of the answer.
func TestBothServersQueueByTheChartsFlowSchema(t *testing.T) {
	useCluster(t)
	_, project := newTenant(t)
	schema, err := cluster.Admin.Host.FlowcontrolV1().FlowSchemas().Get(t.Context(), flowSchema, metav1.GetOptions{})
	require.NoError(t, err)
	config := cluster.Person(t, "someone", project).Config
	transport, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+"/apis/spectrocloud.com/v1alpha1/tenants", nil)
	require.NoError(t, err)
	response, err := transport.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	uid := string(schema.UID)
	assert.Equal(t, []string{uid, uid}, response.Header.Values(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID),
		"that of kube-apiserver, and that of tenancy-apiserver")
}

// newTenant makes a Tenant with a Project, which the group of that name manages.
func newTenant(t *testing.T) (tenant, project string) {
	t.Helper()
	tenant, project = framework.Name("fair"), framework.Name("fair-project")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant, project), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Projects(project).Create(t.Context(), framework.Project(project, tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, project)
	return tenant, project
}

// quiet is someone who asks for one thing after another.
type quiet struct {
	person  *framework.Person
	project string
}

// ask creates, reads and deletes a workload, so often, and returns how long each request took.
func (q quiet) ask(t *testing.T, times int) (latency []time.Duration) {
	t.Helper()
	for range times {
		name := framework.Name("w")
		for _, request := range []*rest.Request{
			q.person.REST().Post().Body(&v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{Name: name}}),
			q.person.REST().Get().Name(name),
			q.person.REST().Delete().Name(name),
		} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			began := time.Now()
			err := request.Namespace(q.project).Resource("aiworkloads").Do(ctx).Error()
			cancel()
			require.NoError(t, err, "after %s", time.Since(began))
			latency = append(latency, time.Since(began))
		}
	}
	return latency
}

// While the flood waits in its queues, by one person or by many, every request of another Tenant is answered. How much later than
// without a flood is logged: that depends on the machine.
func TestAFloodOfOneTenantLeavesAnotherItsTurn(t *testing.T) {
	useCluster(t)
	_, project := newTenant(t)
	_, flooded := newTenant(t)
	q := quiet{cluster.Person(t, "quiet", project), project}
	framework.Eventually(t, "both to be let in", func(ctx context.Context) error {
		for person, project := range map[*framework.Person]string{q.person: project, cluster.Person(t, "loud", flooded): flooded} {
			if err := person.REST().Get().Namespace(project).Resource("aiworkloads").Do(ctx).Error(); err != nil {
				return err
			}
		}
		return nil
	})
	times, rounds := 10, 1
	if os.Getenv("TENANCY_SOAK") != "" {
		times, rounds = 60, 5
	}
	for _, users := range []int{1, connections} {
		var alone, together []time.Duration
		asked, refused := 0, 0
		for range rounds {
			alone = append(alone, q.ask(t, times)...)
			stop := newFlood(t, flooded, users).start(t)
			framework.Eventually(t, "the flood to fill its queues", func(context.Context) error {
				if waiting := metric(t, "apiserver_flowcontrol_current_inqueue_requests"); waiting == 0 {
					return errors.New("nobody waits")
				}
				return nil
			})
			together = append(together, q.ask(t, times)...)
			n, m := stop()
			asked, refused = asked+n, refused+m
		}
		slices.Sort(alone)
		slices.Sort(together)
		t.Logf("%d connections of %d people, %d requests, %d refused; %.0f seats; another Tenant's requests: "+
			"alone p50 %s p99 %s, meanwhile p50 %s p99 %s: %.1f and %.1f times", connections, users, asked, refused,
			metric(t, "apiserver_flowcontrol_current_limit_seats"), percentile(alone, 50), percentile(alone, 99), percentile(together, 50), percentile(together, 99),
			ratio(together, alone, 50), ratio(together, alone, 99))
		assert.NotZero(t, asked)
	}
	level, err := cluster.Admin.Host.FlowcontrolV1().PriorityLevelConfigurations().Get(t.Context(), flowSchema, metav1.GetOptions{})
	require.NoError(t, err)
	require.NotNil(t, level.Spec.Limited.BorrowingLimitPercent)
	assert.LessOrEqual(t, metric(t, "apiserver_flowcontrol_current_limit_seats"), metric(t, "apiserver_flowcontrol_nominal_limit_seats"), "it borrows from nobody")
}

// newFlood is a flood of so many people of the Tenant that has the Project.
func newFlood(t *testing.T, project string, users int) flood {
	t.Helper()
	config := cluster.Config()
	f := flood{Host: config.Host, CA: config.CAData, Project: project}
	for i := range connections {
		person := cluster.Person(t, fmt.Sprintf("%s-%d", project, i%users), project).Config
		f.Connections = append(f.Connections, identity{person.CertData, person.KeyData})
	}
	return f
}

// metric is a figure of kube-apiserver about the chart's priority level.
func metric(t *testing.T, name string) float64 {
	t.Helper()
	text, err := cluster.Admin.Host.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context())
	require.NoError(t, err)
	sum := 0.0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, name+"{") && strings.Contains(line, `priority_level="`+flowSchema+`"`) {
			var value float64
			_, err := fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &value)
			require.NoError(t, err)
			sum += value
		}
	}
	return sum
}

func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[min(len(sorted)*p/100, len(sorted)-1)].Round(100 * time.Microsecond)
}

func ratio(a, b []time.Duration, p int) float64 {
	return float64(percentile(a, p)) / float64(percentile(b, p))
}
