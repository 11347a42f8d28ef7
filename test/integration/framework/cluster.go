// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/pkg/localcluster"
)

// Cluster is the running cluster of a test package.
type Cluster struct {
	*localcluster.Cluster
	// Admin may do everything.
	Admin *Person

	kubectl string // Path of the program.
}

// Main starts a cluster, hands it to started, runs the package's tests and exits with their status. It is for TestMain. Dir
// and BinDir of the options are filled in. A process of the cluster that dies unasked fails the package.
func Main(m *testing.M, options localcluster.Options, started func(*Cluster)) {
	status, err := run(m, options, started)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func run(m *testing.M, options localcluster.Options, started func(*Cluster)) (status int, err error) {
	dir, err := os.MkdirTemp("", "tenancy-integration-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cluster, err := Start(context.Background(), dir, options)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	started(cluster)
	status = m.Run()
	select {
	case failure := <-cluster.Failed():
		return 1, failure
	default:
	}
	if status != 0 {
		for _, name := range []string{localcluster.TenancyAPIServer, localcluster.TenancyControllerManager} {
			fmt.Fprintf(os.Stderr, "last lines of %s:\n%s\n", name, cluster.LogTail(name, 20))
		}
	}
	return status, nil
}

// Start starts a cluster that is thrown away later, with its state in dir and the programs of the module's bin/.
func Start(ctx context.Context, dir string, options localcluster.Options) (*Cluster, error) {
	root, err := ModuleRoot()
	if err != nil {
		return nil, err
	}
	options.Dir, options.BinDir, options.Ephemeral = dir, filepath.Join(root, "bin"), true
	started, err := localcluster.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	cluster := &Cluster{Cluster: started}
	if cluster.kubectl, err = localcluster.Program(options.BinDir, "kubectl"); err != nil {
		return nil, errors.Join(err, started.Stop())
	}
	if cluster.Admin, err = newPerson(started.Config()); err != nil {
		return nil, errors.Join(err, started.Stop())
	}
	return cluster, nil
}

// ModuleRoot returns the folder of the module that the test is part of.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the test does not run inside the module")
		}
		dir = filepath.Dir(dir)
	}
}

// Through returns the person as a client of one tenancy-apiserver itself, past kube-apiserver.
func (c *Cluster) Through(t *testing.T, person *Person, replica int) *Person {
	t.Helper()
	return must(t, c.Direct(person.Config, replica))
}

// Person returns someone with a client certificate for that name and those groups.
func (c *Cluster) Person(t *testing.T, name string, groups ...string) *Person {
	t.Helper()
	config, err := c.ConfigFor(name, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return must(t, config)
}

// LoggedIn returns someone with an ID token for that name and those groups, as the cluster's OIDC issuer signs them.
func (c *Cluster) LoggedIn(t *testing.T, name string, groups ...string) *Person {
	t.Helper()
	config, err := c.LoginFor(name, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return must(t, config)
}

func must(t *testing.T, config *rest.Config) *Person {
	t.Helper()
	person, err := newPerson(config)
	if err != nil {
		t.Fatal(err)
	}
	return person
}
