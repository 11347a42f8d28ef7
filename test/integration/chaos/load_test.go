// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	clients = 8
	// patience is how long somebody tries until they give up.
	patience = time.Minute
	// timeout is how long one try may take.
	timeout = 15 * time.Second
	family  = "NVIDIA-A100"
)

// load is people who create, read and delete all the time, through kube-apiserver and each on a connection of their own, and
// what they were told.
type load struct {
	tenant   string
	retries  int // How often their client does as Retry-After says by itself, of which nobody hears.
	projects []string
	began    time.Time
	took     time.Duration

	mu      sync.Mutex
	asked   map[string]int
	failed  []failure
	wrong   []string
	givenUp int
	latency []time.Duration // Of what succeeded at the first try.
	created map[key]*workload
	deleted []*workload
}

// failure is a try that did not succeed and may be repeated.
type failure struct {
	what  string
	at    time.Time
	first bool
	err   error
}

// newLoad makes a Tenant with two Projects, of which one has fewer GPUs than are asked for, and waits until its people may use them.
func newLoad(t *testing.T) *load {
	t.Helper()
	require.NoError(t, installed)
	l := &load{tenant: framework.Name("load"), asked: map[string]int{}, created: map[key]*workload{}}
	tenant := framework.Tenant(l.tenant, l.tenant)
	tenant.Spec.GPUResources.Limits = v1alpha1.GPUCounts{family: 200}
	_, err := cluster.Admin.Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
	require.NoError(t, err)
	for _, limit := range []int32{100, 10} {
		project := framework.Project(framework.Name("load-project"), l.tenant)
		project.Spec.GPUResources.Limits = v1alpha1.GPUCounts{family: limit}
		_, err := cluster.Admin.Projects(project.Name).Create(t.Context(), project, metav1.CreateOptions{})
		require.NoError(t, err)
		cluster.ProjectReady(t, project.Name)
		l.projects = append(l.projects, project.Name)
	}
	return l
}

// run lets people work until disturb returns, and reports what they saw.
func (l *load) run(t *testing.T, disturb func(ctx context.Context)) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var working sync.WaitGroup
	for i := range clients {
		p := &person{load: l, client: cluster.Person(t, fmt.Sprintf("%s-%d", l.tenant, i), l.tenant), dice: rand.New(rand.NewPCG(uint64(i), 5))}
		framework.Eventually(t, "the Tenant's people to be let in", func(ctx context.Context) error { return p.list(ctx, l.projects[0]) })
		working.Go(func() {
			for ctx.Err() == nil {
				p.step(t.Context())
			}
		})
	}
	l.began = time.Now()
	disturb(ctx)
	end()
	working.Wait()
	l.took = time.Since(l.began)
	l.report(t)
}

// try makes a request, and again until it is answered. A try that went unanswered may have been heard: done says whether the
// answer to a later one means that.
func (l *load) try(ctx context.Context, what string, done func(error) bool, send func(context.Context) error) error {
	deadline, backoff := time.Now().Add(patience), 50*time.Millisecond
	for first := true; ; first = false {
		attempt, cancel := context.WithTimeout(ctx, timeout)
		began := time.Now()
		err := send(attempt)
		cancel()
		if !first && err != nil && done(err) {
			err = nil
		}
		l.note(what, first, time.Since(began), err)
		if !transient(err) {
			return err
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			l.mu.Lock()
			l.givenUp++
			l.mu.Unlock()
			return err
		}
		pause(ctx, backoff)
		backoff = min(2*backoff, time.Second)
	}
}

func (l *load) note(what string, first bool, took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first {
		l.asked[what]++
	}
	switch {
	case transient(err):
		l.failed = append(l.failed, failure{what, time.Now(), first, err})
	case err != nil:
		l.wrong = append(l.wrong, fmt.Sprintf("%s %s: %v", time.Now().Format("05.000"), what, err))
	case first:
		l.latency = append(l.latency, took)
	}
}

// transient says whether an error is one after which a client asks again. A kube-apiserver that has just started forbids what it
// has not read the roles for; a load balancer would send nobody to it.
func transient(err error) bool {
	var status apierrors.APIStatus
	if err == nil || !errors.As(err, &status) {
		return err != nil
	}
	code := status.Status().Code
	return code >= 500 || code == 429 || code == 401 || code == 403
}

// report logs what people saw, and fails the test if somebody was told what is not so.
func (l *load) report(t *testing.T) {
	t.Helper()
	total, first := 0, map[string]int{}
	for _, n := range l.asked {
		total += n
	}
	failed := 0
	for _, f := range l.failed {
		if f.first {
			failed++
			first[f.what+": "+short(f.err)]++
		}
	}
	slices.Sort(l.latency)
	t.Logf("%d requests in %.1fs %v: %d failed at the first try, of which %d were given up; availability %.4f%% at the first try, %.4f%% with retries; "+
		"p50 %s, p99 %s, slowest %s", total, l.took.Seconds(), l.asked, failed, l.givenUp, share(failed, total), share(l.givenUp, total),
		l.percentile(50), l.percentile(99), l.percentile(100))
	for _, what := range slices.Sorted(maps.Keys(first)) {
		t.Logf("  %d x %s", first[what], what)
	}
	for i, wrong := range l.wrong {
		if i == 10 {
			break
		}
		t.Log(wrong)
	}
	assert.Empty(t, len(l.wrong), "wrong answers")
	for _, what := range []string{"create", "get", "list", "delete"} {
		assert.NotZero(t, l.asked[what], what)
	}
}

// short is an error without what is different each time, and with what kube-apiserver says of its cause.
func short(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			text = fmt.Sprintf("%d %s", status.Status().Code, cause.Message)
		}
	}
	if i := strings.Index(text, `": `); strings.HasPrefix(text, "Get ") || strings.HasPrefix(text, "Post ") || strings.HasPrefix(text, "Delete ") {
		text = text[max(i, 0):]
	}
	return text[:min(len(text), 200)]
}

func share(failed, total int) float64 { return 100 - 100*float64(failed)/float64(max(total, 1)) }

func (l *load) percentile(p int) time.Duration {
	if len(l.latency) == 0 {
		return 0
	}
	return l.latency[min(len(l.latency)*p/100, len(l.latency)-1)].Round(100 * time.Microsecond)
}
