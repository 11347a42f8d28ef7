// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"

	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// servingSecret is the Secret of the certificate that tenancy-apiserver serves with.
const servingSecret = "tenancy-apiserver-tls"

// TestWhicheverProcessDies kills one process after the other, of all that the API needs, while people use it, limits go up and
// down, Projects come and go and certificates are replaced.
func TestWhicheverProcessDies(t *testing.T) {
	l := newLoad(t)
	span, every, rotations := 30*time.Second, 20*time.Second, 1
	if soaking() {
		span, every, rotations = 5*time.Minute, 45*time.Second, 5
	}
	watches := l.watch(t)
	var killings []killing
	l.run(t, func(ctx context.Context) {
		ctx, stop := context.WithCancel(ctx)
		var others sync.WaitGroup
		certificates := sets.New[string]()
		others.Go(func() { l.moveLimits(ctx) })
		others.Go(func() { l.openProjects(ctx) })
		others.Go(func() { rotate(ctx, every, certificates) })
		killings = kill(ctx, t, span)
		stop()
		others.Wait()
		t.Logf("certificates replaced %d times", len(certificates)-1)
		assert.GreaterOrEqual(t, len(certificates)-1, rotations)
	})
	l.reportKillings(t, killings)
	assert.Zero(t, l.givenUp, "requests that were given up")
	assert.Greater(t, share(len(l.failed), l.total()), 50.0, "availability at the first try")
	l.requireKept(t)
	watches.requireComplete(t, l)
	requireHistory(t)
	for _, project := range l.projects {
		cluster.ProjectReady(t, project)
	}
}

// moveLimits raises and lowers how many GPUs the second Project may use.
func (l *load) moveLimits(ctx context.Context) {
	for limit := 1; ctx.Err() == nil; limit = limit%20 + 7 {
		body := fmt.Appendf(nil, `{"spec":{"gpuResources":{"limits":{%q:%d}}}}`, family, limit)
		_ = l.try(context.WithoutCancel(ctx), "limit", never, func(ctx context.Context) error {
			return cluster.Admin.REST().Patch(types.MergePatchType).Namespace(l.projects[1]).Resource("projects").Name(l.projects[1]).
				Body(body).MaxRetries(0).Do(ctx).Error()
		})
		pause(ctx, 200*time.Millisecond)
	}
}

// openProjects makes Projects and deletes them again.
func (l *load) openProjects(ctx context.Context) {
	for ctx.Err() == nil {
		project := framework.Project(framework.Name("brief"), l.tenant)
		request := context.WithoutCancel(ctx)
		if err := l.try(request, "project", apierrors.IsAlreadyExists, func(ctx context.Context) error {
			return cluster.Admin.REST().Post().Namespace(project.Name).Resource("projects").Body(project).MaxRetries(0).Do(ctx).Error()
		}); err == nil {
			pause(ctx, time.Second)
			_ = l.try(request, "project", apierrors.IsNotFound, func(ctx context.Context) error {
				return cluster.Admin.REST().Delete().Namespace(project.Name).Resource("projects").Name(project.Name).MaxRetries(0).Do(ctx).Error()
			})
		}
		pause(ctx, time.Second)
	}
}

// rotate has the serving certificate replaced every now and then, as docs/certificates.md says, and notes which there were.
func rotate(ctx context.Context, every time.Duration, seen sets.Set[string]) {
	secrets := cluster.Admin.Host.CoreV1().Secrets(namespace)
	for next := time.Now(); ctx.Err() == nil; pause(ctx, 500*time.Millisecond) {
		secret, err := secrets.Get(ctx, servingSecret, metav1.GetOptions{})
		if err != nil {
			continue
		}
		seen.Insert(string(secret.Data["tls.crt"]))
		if time.Now().After(next) && secrets.Delete(ctx, servingSecret, metav1.DeleteOptions{}) == nil {
			next = time.Now().Add(every)
		}
	}
}

// pause waits, at most until ctx is done.
func pause(ctx context.Context, duration time.Duration) {
	select {
	case <-time.After(duration):
	case <-ctx.Done():
	}
}

func (l *load) total() (n int) {
	for _, asked := range l.asked {
		n += asked
	}
	return n
}

func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2].Round(10 * time.Millisecond)
}

func longest(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return slices.Max(all).Round(10 * time.Millisecond)
}
