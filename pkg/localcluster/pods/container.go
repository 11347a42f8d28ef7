// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	firstBackoff = time.Second // Before the second restart; the first is at once, as a kubelet's.
	maxBackoff   = 10 * time.Second
	calmAfter    = time.Minute // A process that ran for so long is not dying again and again.
)

// container is one container of a Pod, whose process may come and go.
type container struct {
	pod  *pod
	spec *corev1.Container

	mu          sync.Mutex // Guards what follows.
	state, last corev1.ContainerState
	restarts    int32
	started     bool // The startup probe, if any, has succeeded.
	ready       bool
}

func newContainer(p *pod, spec *corev1.Container) *container {
	return &container{pod: p, spec: spec, state: waiting("ContainerCreating", "")}
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// run runs the container until it is asked to end (soft), must end (hard), or has ended for good.
func (c *container) run(soft, hard context.Context) {
	backoff := time.Duration(0)
	for soft.Err() == nil {
		began := time.Now()
		code, err := c.once(soft, hard)
		latest, _ := c.pod.now()
		switch policy := latest.Spec.RestartPolicy; {
		case err != nil:
			c.set(waiting("CreateContainerError", err.Error()))
			backoff = max(backoff, firstBackoff)
		case soft.Err() != nil, policy == corev1.RestartPolicyNever, policy == corev1.RestartPolicyOnFailure && code == 0:
			return
		case time.Since(began) > calmAfter:
			backoff = 0
		case backoff > 0:
			c.set(waiting("CrashLoopBackOff", fmt.Sprintf("ended with status %d; starting again in %s", code, backoff)))
		}
		select {
		case <-time.After(backoff):
		case <-soft.Done():
			return
		}
		backoff = min(max(firstBackoff, 2*backoff), maxBackoff)
		if err == nil {
			c.mu.Lock()
			c.restarts++
			c.mu.Unlock()
		}
	}
}

// once runs one process from its start to its end, and returns the status it ended with.
func (c *container) once(soft, hard context.Context) (code int32, err error) {
	cmd, log, err := c.command()
	if err != nil {
		return 0, err
	}
	defer log.Close()
	if err := c.pod.node.config.Launch(cmd); err != nil {
		return 0, err
	}
	began := metav1.Now()
	c.set(corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: began}})
	ended := make(chan struct{})
	go func() { c.await(cmd); close(ended) }()
	alive, over := context.WithCancel(hard)
	var probes sync.WaitGroup
	unhealthy := make(chan struct{}, 1)
	probes.Go(func() { c.probe(alive, soft, unhealthy) })

	select {
	case <-ended:
	case <-hard.Done():
	case <-soft.Done():
		c.endGently(cmd, ended, hard)
	case <-unhealthy:
		grace, cancel := context.WithTimeout(hard, c.grace())
		c.endGently(cmd, ended, grace)
		cancel()
	}
	_ = cmd.Process.Kill() // It has had its time.
	<-ended
	over()
	probes.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	terminated := &corev1.ContainerStateTerminated{
		ExitCode: int32(status.ExitStatus()), Reason: "Completed", StartedAt: began, FinishedAt: metav1.Now(),
	}
	if status.Signaled() {
		terminated.ExitCode = 128 + int32(status.Signal())
	}
	if terminated.ExitCode != 0 {
		terminated.Reason = "Error"
	}
	c.mu.Lock()
	c.last = corev1.ContainerState{Terminated: terminated}
	c.mu.Unlock()
	c.set(corev1.ContainerState{Terminated: terminated})
	return terminated.ExitCode, nil
}

// await returns when the process has ended, and has seen to it that nothing that it started runs on.
func (c *container) await(cmd *exec.Cmd) {
	for {
		// Its group's number is nobody else's until it has been waited for.
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait() // How it ended is in its ProcessState.
	c.pod.node.config.Ended(cmd)
}

// endGently does what comes before SIGKILL: the hook, SIGTERM, and the wait for the end or the deadline.
func (c *container) endGently(cmd *exec.Cmd, ended <-chan struct{}, deadline context.Context) {
	if hooks := c.spec.Lifecycle; hooks != nil && hooks.PreStop != nil {
		select {
		case <-time.After(time.Duration(hooks.PreStop.Sleep.Seconds) * time.Second):
		case <-ended:
		case <-deadline.Done():
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-deadline.Done():
	}
}

func (c *container) grace() time.Duration {
	latest, _ := c.pod.now()
	return time.Duration(*latest.Spec.TerminationGracePeriodSeconds) * time.Second
}

// command returns the process to start, and its log, which has to be closed.
func (c *container) command() (*exec.Cmd, *os.File, error) {
	argv, env, err := c.pod.invocation(c.spec)
	if err != nil {
		return nil, nil, err
	}
	path, err := c.pod.node.config.Program(filepath.Base(argv[0]))
	if err != nil {
		return nil, nil, err
	}
	logs := filepath.Join(c.pod.node.config.LogDir, c.pod.namespace, c.pod.name)
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(filepath.Join(logs, c.spec.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = env, log, log, c.pod.dir
	return cmd, log, nil
}

// set notes what the container does now, and has the Pod report it.
func (c *container) set(state corev1.ContainerState) {
	c.mu.Lock()
	c.state = state
	if state.Running == nil || c.spec.StartupProbe != nil {
		c.started = false
	} else {
		c.started = true
	}
	c.ready = state.Running != nil && c.spec.ReadinessProbe == nil && c.started
	c.mu.Unlock()
	c.pod.look()
}
