// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

const usage = `Usage: tenancy-local [--dir DIR] [--port N] [-- COMMAND ARGS...]
       tenancy-local login --user NAME [--groups A,B]

Starts etcd, kube-apiserver, kube-controller-manager, tenancy-apiserver and
tenancy-controller-manager on this machine, listening on loopback only.

Without a command it runs until it is interrupted, and finds the data of the
last time in DIR. With one it runs the command against a fresh cluster, with
KUBECONFIG and PATH set, then stops everything and exits with its status.

login makes somebody known to a cluster: see login --help.

`

// defaultDir is where a cluster is, unless --dir says otherwise.
const defaultDir = ".local"

// run does what the arguments say, with the programs in binDir, and returns the
// status to exit with.
func run(binDir string, args []string) (int, error) {
	if len(args) > 0 && args[0] == "login" {
		return 0, login(args[1:], os.Stdout)
	}
	flags := pflag.NewFlagSet("tenancy-local", pflag.ContinueOnError)
	dir := flags.String("dir", defaultDir, "directory for all state: keys, data, logs, kubeconfig\n"+
		"(with a command: a temporary one, unless given; it must not hold a cluster yet)")
	port := flags.Int("port", 0, "port of kube-apiserver; 0 picks a free one")
	kubernetesOnly := flags.Bool("kubernetes-only", false, "leave out tenancy-apiserver and tenancy-controller-manager,\n"+
		"to run them in a debugger")
	runPods := flags.Bool("pods", false, "leave out our programs as well, but run what Pods name their programs, as processes\n"+
		"of this machine: for installing the chart")
	defaultResources := flags.Bool("system-default-resources", true, "create the default Tenant and Project, default-tenant and default-project")
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage, "Flags:\n", flags.FlagUsages()) }
	flags.SetInterspersed(false)
	if err := flags.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return 0, nil
	} else if err != nil {
		return 0, fmt.Errorf("%w (see --help)", err)
	}
	options := localcluster.Options{
		Dir: *dir, BinDir: binDir, Port: *port, WithoutTenancy: *kubernetesOnly, Pods: *runPods,
		SystemDefaultResources: *defaultResources, Stdout: os.Stdout,
	}
	command := flags.Args()
	if len(command) == 0 {
		return 0, serve(options)
	}
	if flags.ArgsLenAtDash() != 0 {
		return 0, fmt.Errorf("unexpected argument %q: put -- before a command (see --help)", command[0])
	}
	var err error
	if options.Dir, err = freshDir(*dir, flags.Changed("dir")); err != nil {
		return 0, err
	}
	if !flags.Changed("dir") {
		defer os.RemoveAll(options.Dir) // A leftover in the temporary directory harms nobody.
	}
	options.Stdout, options.Ephemeral = io.Discard, true // The output is the command's.
	return runCommand(options, command)
}

// freshDir returns a directory for a new cluster: dir if it was asked for, which
// may not hold another one then, or a temporary one.
func freshDir(dir string, asked bool) (string, error) {
	if !asked {
		return os.MkdirTemp("", "tenancy-local-")
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty, and a command runs against a fresh cluster: remove it or choose another directory", dir)
	}
	return dir, nil
}

// interruptible returns a context that ends with the first signal to stop. The
// next one has its usual effect: a second Ctrl-C ends all at once.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// serve runs a cluster until it is interrupted or one of its processes dies.
func serve(options localcluster.Options) error {
	ctx, stop := interruptible()
	defer stop()
	began := time.Now()
	cluster, err := localcluster.Start(ctx, options)
	if err != nil {
		return err
	}
	fmt.Printf("ready after %.1fs; Ctrl-C stops it\n\n%s\n", time.Since(began).Seconds(), howTo(cluster, options))
	select {
	case <-ctx.Done():
		fmt.Println("\nstopping")
		return cluster.Stop()
	case failure := <-cluster.Failed():
		return errors.Join(failure, cluster.Stop())
	}
}

// howTo returns what to type in another terminal.
func howTo(cluster *localcluster.Cluster, options localcluster.Options) string {
	try := "kubectl get namespaces"
	artifacts := filepath.Join(filepath.Dir(options.BinDir), "artifacts")
	switch {
	case !isDir(artifacts) || options.WithoutTenancy:
	case options.Pods:
		try = "helm install tenancy " + filepath.Join(artifacts, "chart") + " --namespace palette-system --create-namespace --wait"
	default:
		try = "kubectl apply -f " + filepath.Join(artifacts, "samples") + "/ && kubectl get tenants,projects -A"
	}
	return fmt.Sprintf("export KUBECONFIG=%s\nexport PATH=%s:$PATH\n%s\n", cluster.Kubeconfig(), options.BinDir, try)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// runCommand runs a command against a cluster that lives as long as the command.
func runCommand(options localcluster.Options, command []string) (int, error) {
	ctx, stop := interruptible()
	defer stop()
	cluster, err := localcluster.Start(ctx, options)
	if err != nil {
		return 0, err
	}
	status, err := cluster.Command(ctx, command)
	return status, errors.Join(err, cluster.Stop())
}
