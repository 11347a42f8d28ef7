// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	// calm is the least time between two readings, however much changes.
	calm = time.Second
	// aging is how often the times that are shown are brought up to date, without asking the server.
	aging = 10 * time.Second
	// again is the time before a watch that ended is begun anew.
	again = 2 * time.Second
	// seldom is the longest time before another reading where one after the other fails.
	seldom = time.Minute
	// mostWatched is how many Projects are watched one by one, where the caller may not watch all namespaces.
	mostWatched = 25
)

// keepShowing shows the ranking anew whenever something changes, until ctx ends.
func (t *top) keepShowing(ctx context.Context, c *client) error {
	shown, err := t.read(ctx, c)
	if err != nil {
		return err
	}
	var notices []string
	bell := make(bell, 1)
	namespaces := c.watchable(ctx, shown.projects)
	bell.watch(ctx, c, namespaces)
	if len(namespaces) < len(shown.projects) && !slices.Contains(namespaces, metav1.NamespaceAll) {
		notices = append(notices, fmt.Sprintf("You see %d Projects and may not watch all namespaces: what waits is shown with the next change of usage. "+
			"Name one by -n.", len(shown.projects)))
	}
	return t.refresh(ctx, newScreen(t.Out), shown, notices, bell, func(ctx context.Context) (*ranking, error) { return t.read(ctx, c) })
}

// refresh shows the ranking below the notices, and then what read finds each time that the bell has rung, until ctx ends.
func (t *top) refresh(ctx context.Context, screen *screen, shown *ranking, notices []string, bell bell,
	read func(context.Context) (*ranking, error),
) error {
	var aged <-chan time.Time // Only a terminal shows the same again.
	if screen.terminal {
		ticker := time.NewTicker(aging)
		defer ticker.Stop()
		aged = ticker.C
	}
	said, failing := notices, retries()
	for {
		if err := t.draw(screen, shown, said); err != nil {
			return err
		}
		if !sleep(ctx, calm) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-aged:
		case <-bell:
			next, err := read(ctx)
			switch said = notices; {
			case ctx.Err() != nil:
				return nil
			case err != nil: // The watches may live on and stay silent.
				time.AfterFunc(failing.Step(), bell.ring)
				said = append(slices.Clone(notices), "What follows is no longer current: "+explain(err))
			default:
				shown, failing = next, retries()
			}
		}
	}
}

// retries are the times before another reading after one that failed.
func retries() *wait.Backoff {
	return &wait.Backoff{Duration: again, Factor: 2, Steps: 10, Cap: seldom}
}

// sleep is false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// bell rings when something has changed. It rings once, however much has since it was last heard.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// watchable are the namespaces to watch for these Projects: all if the caller may, else the Projects, or the first of them.
func (c *client) watchable(ctx context.Context, projects []string) []string {
	if len(projects) <= fewProjects {
		return projects
	}
	_, workloads := c.tenancy.AIWorkloads(metav1.NamespaceAll).List(ctx, metav1.ListOptions{Limit: 1})
	_, pools := c.tenancy.ComputePools(metav1.NamespaceAll).List(ctx, metav1.ListOptions{Limit: 1})
	if workloads == nil && pools == nil {
		return []string{metav1.NamespaceAll}
	}
	return projects[:min(mostWatched, len(projects))]
}

// watch rings for changes of the Tenants, whose status follows their usage, and of what asks for GPUs in these namespaces, until
// ctx ends.
func (b bell) watch(ctx context.Context, c *client, namespaces []string) {
	go b.follow(ctx, func(ctx context.Context, options metav1.ListOptions) (metav1.ListInterface, error) {
		return c.tenancy.Tenants().List(ctx, options)
	}, c.tenancy.Tenants().Watch)
	for _, namespace := range namespaces {
		workloads, pools := c.tenancy.AIWorkloads(namespace), c.tenancy.ComputePools(namespace)
		go b.follow(ctx, func(ctx context.Context, options metav1.ListOptions) (metav1.ListInterface, error) {
			return workloads.List(ctx, options)
		}, workloads.Watch)
		go b.follow(ctx, func(ctx context.Context, options metav1.ListOptions) (metav1.ListInterface, error) {
			return pools.List(ctx, options)
		}, pools.Watch)
	}
}

// follow rings with each event of a watch, and begins the watch again when it ends, unless the caller may not watch. The list of
// one object is for the moment to begin at: a watch without it would first be sent everything.
func (b bell) follow(ctx context.Context,
	list func(context.Context, metav1.ListOptions) (metav1.ListInterface, error),
	start func(context.Context, metav1.ListOptions) (watch.Interface, error),
) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		var events watch.Interface
		now, err := list(ctx, metav1.ListOptions{Limit: 1})
		if err == nil {
			events, err = start(ctx, metav1.ListOptions{ResourceVersion: now.GetResourceVersion()})
		}
		if apierrors.IsForbidden(err) {
			stop()
		}
		if err != nil {
			return
		}
		defer events.Stop()
		b.ring() // Whatever happened before.
		for {
			select {
			case <-ctx.Done():
				return
			case event, open := <-events.ResultChan():
				if !open || event.Type == watch.Error {
					return
				}
				b.ring()
			}
		}
	}, again)
}
