// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"
)

// Command runs a program against the cluster: with KUBECONFIG set, the programs
// of BinDir first in PATH, and our standard streams. It passes on the signals
// that this process gets, and returns the program's exit status, 128+n if
// signal n ended it. The error is set when the program could not be started
// (which the context prevents, if it is done), or was ended because a process of
// the cluster died.
func (c *Cluster) Command(ctx context.Context, argv []string) (status int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	path, err := c.lookPath(argv[0])
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Args[0], cmd.Env = argv[0], append(os.Environ(), c.Env()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr

	// At a terminal the program stays in our process group: in one of its own it could
	// not read what is typed. Ctrl-C then reaches it without us.
	interactive := term.IsTerminal(int(os.Stdin.Fd()))
	if err := c.launcher.start(cmd, !interactive); err != nil {
		return 0, fmt.Errorf("running %s: %w", argv[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer c.launcher.ended(cmd)
	send := func(sig syscall.Signal) {
		if interactive {
			_ = cmd.Process.Signal(sig)
		} else {
			_ = syscall.Kill(-cmd.Process.Pid, sig)
		}
	}
	// What the program has left running in its group ends with it.
	defer send(syscall.SIGKILL)
	for {
		select {
		case sig := <-signals:
			if typed := sig == syscall.SIGINT || sig == syscall.SIGQUIT; !typed || !interactive {
				send(sig.(syscall.Signal))
			}
		case failure := <-c.Failed():
			send(syscall.SIGKILL)
			<-ended
			return 0, failure
		case err := <-ended:
			return exitStatus(err)
		}
	}
}

// lookPath finds a program as a shell with our Env would.
func (c *Cluster) lookPath(name string) (string, error) {
	if filepath.Base(name) == name {
		if path, err := exec.LookPath(filepath.Join(c.options.BinDir, name)); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}

// Env returns the variables that point a program to the cluster, as KEY=value.
func (c *Cluster) Env() []string {
	return []string{
		"KUBECONFIG=" + c.Kubeconfig(),
		"PATH=" + c.options.BinDir + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
}

// exitStatus turns what Wait said into the status that a shell would report.
func exitStatus(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
