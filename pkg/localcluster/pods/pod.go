// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

const (
	retryInterval = time.Second      // After the API refused something that it should take later.
	stopGrace     = 10 * time.Second // For all Pods, when the node stops.
)

// pod is one Pod's life on this machine. One goroutine runs it; others tell it of changes.
type pod struct {
	node            *Node
	namespace, name string
	uid             types.UID
	dir             string
	address         string // As its status shows it.
	volumes         *volumes
	containers      []*container
	wake            chan struct{}

	mu     sync.Mutex  // Guards what follows.
	latest *corev1.Pod // As kube-apiserver last said; never changed in place.
	gone   bool        // Whether the object is there no more.
}

func newPod(node *Node, latest *corev1.Pod) *pod {
	p := &pod{
		node: node, namespace: latest.Namespace, name: latest.Name, uid: latest.UID, latest: latest,
		dir: filepath.Join(node.config.Dir, "pods", string(latest.UID)), wake: make(chan struct{}, 1),
	}
	p.volumes = &volumes{node: node, dir: p.dir, mounts: map[string]string{}, tokens: map[string]*token{}}
	for i := range latest.Spec.Containers {
		p.containers = append(p.containers, newContainer(p, &latest.Spec.Containers[i]))
	}
	return p
}

// update tells of the Pod as it is now, or that it is gone.
func (p *pod) update(latest *corev1.Pod, gone bool) {
	p.mu.Lock()
	p.latest, p.gone = latest, gone
	p.mu.Unlock()
	p.look()
}

// look has the Pod looked at again: something that it depends on has changed.
func (p *pod) look() {
	select {
	case p.wake <- struct{}{}:
	default: // It is about to look anyway.
	}
}

func (p *pod) now() (latest *corev1.Pod, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest, p.gone
}

// run runs the Pod until it is deleted or the node stops.
func (p *pod) run(ctx context.Context) {
	// Both outlive ctx, which only says that the node stops.
	soft, end := context.WithCancel(context.WithoutCancel(ctx))
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	var processes sync.WaitGroup
	defer func() { kill(); end(); processes.Wait(); p.cleanUp() }()
	started := false
	for {
		latest, gone := p.now()
		switch {
		case gone:
			return
		case ctx.Err() != nil:
			end()
			if !p.node.config.Kill {
				waitFor(&processes, time.After(stopGrace))
			}
			return
		case latest.DeletionTimestamp != nil:
			end()
			p.awaitEnd(ctx, &processes)
			kill()
			processes.Wait()
			p.remove(ctx)
			return
		}
		refresh, err := p.prepare(ctx, latest)
		if err == nil && !started {
			started = true
			for _, c := range p.containers {
				processes.Go(func() { c.run(soft, hard) })
			}
		}
		if err := p.report(ctx, latest, err); err != nil {
			refresh = retryInterval
		}
		p.pause(ctx, refresh)
	}
}

// pause returns when there is reason to look again.
func (p *pod) pause(ctx context.Context, atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-p.wake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// prepare gives the Pod an address and brings its volumes up to date. It returns
// how long they are good for, or what they wait for.
func (p *pod) prepare(ctx context.Context, latest *corev1.Pod) (refresh time.Duration, err error) {
	if err := unsupported(&latest.Spec); err != nil {
		return time.Hour, err
	}
	if p.address == "" {
		if p.address, err = p.node.network.allocate(); err != nil {
			return retryInterval, err
		}
	}
	refresh, err = p.volumes.sync(ctx, latest)
	if err != nil {
		return retryInterval, err
	}
	return refresh, nil
}

// awaitEnd waits until all processes have ended on their own, for as long as the Pod grants them.
func (p *pod) awaitEnd(ctx context.Context, processes *sync.WaitGroup) {
	began := time.Now()
	ended := make(chan struct{})
	go func() { processes.Wait(); close(ended) }()
	for {
		latest, gone := p.now()
		grace := time.Duration(ptr.Deref(latest.DeletionGracePeriodSeconds, 0)) * time.Second
		left := time.Until(began.Add(grace))
		if gone || ctx.Err() != nil || left <= 0 {
			return
		}
		_ = p.report(ctx, latest, nil) // A failure has been logged, and the Pod goes all the same.
		timer := time.NewTimer(left)
		select {
		case <-ended:
			timer.Stop()
			return
		case <-p.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// remove deletes the object for good, as a kubelet does once nothing of it runs.
func (p *pod) remove(ctx context.Context) {
	for ctx.Err() == nil {
		err := p.node.client.CoreV1().Pods(p.namespace).Delete(ctx, p.name, metav1.DeleteOptions{
			GracePeriodSeconds: ptr.To[int64](0), Preconditions: &metav1.Preconditions{UID: &p.uid},
		})
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		p.node.config.Logger.Error("deleting a Pod", "pod", p.namespace+"/"+p.name, "error", err)
		p.pause(ctx, retryInterval)
	}
}

// cleanUp gives back what the Pod had.
func (p *pod) cleanUp() {
	if p.address != "" {
		p.node.network.free(p.address)
	}
	if err := os.RemoveAll(p.dir); err != nil {
		p.node.config.Logger.Error("removing a Pod's folder", "error", err)
	}
}

// waitFor waits for all, or for the timeout.
func waitFor(all *sync.WaitGroup, timeout <-chan time.Time) {
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-timeout:
	}
}

// unsupported returns what the Pod asks for that is not to be had here.
func unsupported(spec *corev1.PodSpec) error {
	if len(spec.InitContainers) > 0 {
		return errors.New("init containers are not run here")
	}
	for _, c := range spec.Containers {
		if len(c.Command) == 0 {
			return fmt.Errorf("container %s has no command: there are no images here that could say what it runs", c.Name)
		}
		if len(c.EnvFrom) > 0 {
			return fmt.Errorf("container %s: envFrom is not read here", c.Name)
		}
		for _, mount := range c.VolumeMounts {
			if mount.SubPath != "" || mount.SubPathExpr != "" {
				return fmt.Errorf("container %s: mount %s has a subPath, which is not done here", c.Name, mount.MountPath)
			}
		}
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
			if probe != nil && probe.HTTPGet == nil {
				return fmt.Errorf("container %s: probes other than httpGet are not asked here", c.Name)
			}
		}
		if hooks := c.Lifecycle; hooks != nil && (hooks.PostStart != nil || hooks.PreStop != nil && hooks.PreStop.Sleep == nil) {
			return fmt.Errorf("container %s: hooks other than preStop's sleep are not run here", c.Name)
		}
	}
	return nil
}
