// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	componentconfig "k8s.io/component-base/config"
	controllerserver "k8s.io/controller-manager/app"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/pkg/version"
)

const (
	// shutdownTimeout is how long requests in flight may take after an interrupt.
	shutdownTimeout = 5 * time.Second
	// startRetry is how long to wait for a host cluster that does not answer yet.
	startRetry = time.Second
	// electionSlack is how far behind the lease may be before the replica calls itself unhealthy.
	electionSlack = 20 * time.Second
)

// Run works until ctx is done, or until the lease is lost. When it returns every goroutine has ended, and the lease is
// free for another replica at once.
//
// Whether it leads and whether our API is there are waited for side by side: the API may be waiting for the certificates
// that the leader makes, and who does not lead fills its caches meanwhile.
func (c *Config) Run(ctx context.Context) error {
	klog.FromContext(ctx).Info("Starting", "program", Name, "version", version.String())
	ctx, stop := context.WithCancel(ctx)
	watchdog := leaderelection.NewLeaderHealthzAdaptor(electionSlack)
	served, err := c.serve(ctx, watchdog)
	if err != nil {
		stop()
		return err
	}
	if err := c.events.StartRecordingToSinkWithContext(ctx); err != nil {
		stop()
		return err
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		if c.awaitSight(ctx) == nil { // It fails where ctx is done.
			c.watched.Start(ctx)
			close(c.inSight)
		}
	})
	err = c.lead(ctx, watchdog)
	stop()
	watching.Wait()
	c.events.Shutdown()
	c.watched.Shutdown()
	<-served
	return err
}

// serve answers /healthz, /livez and /readyz to everyone and /metrics to whom the host cluster allows it. The returned
// channel closes when the listener has.
func (c *Config) serve(ctx context.Context, watchdog *leaderelection.HealthzAdaptor) (<-chan struct{}, error) {
	if c.serving == nil {
		closed := make(chan struct{})
		close(closed)
		return closed, nil
	}
	live := []healthz.HealthChecker{healthz.PingHealthz, watchdog}
	health := http.NewServeMux()
	healthz.InstallHandler(health, live...)
	mux := controllerserver.NewBaseHandler(&componentconfig.DebuggingConfiguration{}, health)
	healthz.InstallLivezHandler(mux, live...)
	// Ready means that our API is there, too. Neither the certificates nor the election wait for that.
	healthz.InstallReadyzHandler(mux, append(live, healthz.NamedCheck("informer-sync", func(*http.Request) error {
		if !c.watched.HasSynced() {
			return errors.New("caches are being filled")
		}
		return nil
	}))...)
	stopped, _, err := c.serving.Serve(
		controllerserver.BuildHandlerChain(mux, &c.authorization, &c.authentication), shutdownTimeout, ctx.Done())
	return stopped, err
}

// work runs the controllers until ctx is done: that of certificates at once, the others when our API is there and the system
// namespace is prepared.
func (c *Config) work(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	if c.certificates != nil {
		running.Go(func() { c.certificates.Run(ctx) })
	}
	select {
	case <-ctx.Done():
		return
	case <-c.inSight:
	}
	if err := wait.PollUntilContextCancel(ctx, startRetry, true, func(ctx context.Context) (bool, error) {
		if err := c.rules.EnsureTemplates(ctx); err != nil {
			klog.FromContext(ctx).Error(err, "The rule templates can't be created and are retried")
			return false, nil
		}
		return true, nil
	}); err != nil {
		return // Interrupted.
	}
	running.Go(func() { c.tenants.Run(ctx, c.concurrent) })
	running.Go(func() { c.projects.Run(ctx, c.concurrent) })
	running.Go(func() { c.orphans.Run(ctx) })
	running.Go(func() { c.usage.Run(ctx, c.concurrent) })
	running.Go(func() { c.announcements.Run(ctx) })
	running.Go(func() { c.defaults.Run(ctx) })
}

// lead works while this replica holds the lease. The lease outlives ctx until the work has stopped: released any earlier,
// the next leader would work at the same time.
func (c *Config) lead(ctx context.Context, watchdog *leaderelection.HealthzAdaptor) error {
	if !c.election.LeaderElect {
		c.work(ctx)
		return nil
	}
	won := make(chan context.Context, 1)
	elector, err := c.newElector(watchdog, func(leading context.Context) { won <- leading })
	if err != nil {
		return err
	}
	watchdog.SetLeaderElection(elector)
	electing, release := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); elector.Run(electing) }()
	defer func() { release(); <-ended }()
	select {
	case <-ctx.Done():
		return nil
	case leading := <-won:
		working, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(leading, stop)()
		c.work(working)
		if ctx.Err() == nil {
			return fmt.Errorf("lost lease %s/%s: another replica leads, or the host cluster did not answer for %s",
				c.election.ResourceNamespace, c.election.ResourceName, c.election.RenewDeadline.Duration)
		}
		return nil
	}
}

func (c *Config) newElector(watchdog *leaderelection.HealthzAdaptor, started func(context.Context)) (*leaderelection.LeaderElector, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	lock, err := resourcelock.New(c.election.ResourceLock, c.election.ResourceNamespace, c.election.ResourceName,
		c.elector.CoreV1(), c.elector.CoordinationV1(), resourcelock.ResourceLockConfig{Identity: host + "_" + uuid.NewString()})
	if err != nil {
		return nil, err
	}
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, Name: Name, ReleaseOnCancel: true, WatchDog: watchdog,
		LeaseDuration: c.election.LeaseDuration.Duration,
		RenewDeadline: c.election.RenewDeadline.Duration,
		RetryPeriod:   c.election.RetryPeriod.Duration,
		Callbacks:     leaderelection.LeaderCallbacks{OnStartedLeading: started, OnStoppedLeading: func() {}},
	})
}
