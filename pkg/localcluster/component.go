// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	stopGrace    = 10 * time.Second      // From SIGTERM to SIGKILL.
	pollInterval = 50 * time.Millisecond // Between two looks at something that is about to be ready.
	tailLines    = 20                    // Of the log of a process that died.
)

// Component is one process of the cluster. Its methods may be called from
// several goroutines.
type Component struct {
	name     string
	program  string // The name of the binary, which several components may share.
	binDir   string
	args     []string
	logFile  string
	healthy  healthCheck
	launcher *launcher
	failed   func(error) // Told when the process ends without having been asked to.

	mu  sync.Mutex
	run *run // The present or the last process; nil before the first.
}

// run is one process, from its start to its end.
type run struct {
	cmd      *exec.Cmd
	ended    chan struct{} // Closed once the process has been waited for.
	expected bool          // Whether someone here asked it to end; guarded by Component.mu.
}

// Name returns the component's name, which is also that of its log.
func (c *Component) Name() string { return c.name }

// PID returns the process's id, or 0 if it is not running.
func (c *Component) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.running() {
		return 0
	}
	return c.run.cmd.Process.Pid
}

func (c *Component) running() bool {
	if c.run == nil {
		return false
	}
	select {
	case <-c.run.ended:
		return false
	default:
		return true
	}
}

// start starts the process; WaitReady tells when it serves.
func (c *Component) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running() {
		return fmt.Errorf("%s is running already, as process %d", c.name, c.run.cmd.Process.Pid)
	}
	path, err := Program(c.binDir, c.program)
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	log, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	defer log.Close()
	cmd := exec.Command(path, c.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), log, log
	if err := c.launcher.start(cmd, true); err != nil {
		return fmt.Errorf("starting %s: %w", c.name, err)
	}
	run := &run{cmd: cmd, ended: make(chan struct{})}
	c.run = run
	go func() {
		err := cmd.Wait()
		c.launcher.ended(cmd)
		c.mu.Lock()
		defer c.mu.Unlock()
		close(run.ended)
		if !run.expected {
			c.failed(c.died(cmd, err))
		}
	}()
	return nil
}

// died returns the error for a process that ended on its own, with the end of
// its log.
func (c *Component) died(cmd *exec.Cmd, err error) error {
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("%s (process %d) ended unexpectedly: %w\nlast lines of %s:\n%s",
		c.name, cmd.Process.Pid, err, c.logFile, c.LogTail(tailLines))
}

// environment returns our environment without what would change the processes'
// behaviour behind the back of their flags.
func environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "ETCD_") && !strings.HasPrefix(entry, "KUBE") {
			env = append(env, entry)
		}
	}
	return env
}

// Kill ends the process with SIGKILL, as a crash would, and returns when it is
// gone. The cluster does not take this for a failure.
func (c *Component) Kill() error { return c.end(syscall.SIGKILL) }

// Stop ends the process with SIGTERM, or SIGKILL when ten seconds have not been
// enough, and returns when it is gone.
func (c *Component) Stop() error { return c.end(syscall.SIGTERM) }

func (c *Component) end(signal syscall.Signal) error {
	c.mu.Lock()
	if !c.running() {
		c.mu.Unlock()
		return nil
	}
	run := c.run
	run.expected = true
	// The process has not been waited for while mu is held and ended is open, or
	// its end has just been seen and the signal finds nothing: never a stranger.
	err := run.cmd.Process.Signal(signal)
	c.mu.Unlock()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending %s: %w", c.name, err)
	}
	select {
	case <-run.ended:
		return nil
	case <-time.After(stopGrace):
	}
	_ = syscall.Kill(-run.cmd.Process.Pid, syscall.SIGKILL)
	<-run.ended
	return fmt.Errorf("%s did not end within %s of %s and was killed", c.name, stopGrace, signal)
}

// Restart starts the process again, after stopping it if it runs, and returns
// when it is ready.
func (c *Component) Restart(ctx context.Context) error {
	if err := c.Stop(); err != nil {
		return err
	}
	if err := c.start(); err != nil {
		return err
	}
	return c.WaitReady(ctx)
}

// WaitReady returns once the process says that it is ready, with an error as soon
// as it has ended or the context is done.
func (c *Component) WaitReady(ctx context.Context) error {
	c.mu.Lock()
	run := c.run
	c.mu.Unlock()
	if run == nil {
		return fmt.Errorf("%s has not been started", c.name)
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := c.healthy(attempt)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-run.ended:
			return c.died(run.cmd, errors.New("before it was ready: "+run.cmd.ProcessState.String()))
		case <-ctx.Done():
			return c.unready(context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
	}
}

// unready returns the error for a wait that the cause ended; state is what the
// process last said. Whoever interrupts a wait knows why, and needs neither.
func (c *Component) unready(cause, state error) error {
	if !errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("waiting for %s: %w", c.name, cause)
	}
	return fmt.Errorf("%s is not ready: %w: %w\nlast lines of %s:\n%s", c.name, cause, state, c.logFile, c.LogTail(tailLines))
}

// LogTail returns the last n lines that the component has logged.
func (c *Component) LogTail(n int) string { return tail(c.logFile, n) }
