// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options say what to start, and where. Dir and BinDir are required.
type Options struct {
	// Dir holds all state: pki/, etcd/, tenancy-etcd/, logs/ and kubeconfig. It is made
	// where it is missing. Data and certificates of an earlier cluster in it are taken up again.
	Dir string
	// BinDir holds the programs. Where the environment has KUBEBUILDER_ASSETS, those
	// of Kubernetes and etcd are looked for there first.
	BinDir string
	// Port is kube-apiserver's; 0 picks a free one, as it does for every other listener.
	Port int
	// Replicas is the number of tenancy-apiservers; 0 means 1. More need ExternalEtcd.
	// kube-apiserver passes requests to the first; the others are reached with Direct.
	Replicas int
	// ExternalEtcd keeps Tenants and Projects in an etcd process of its own, and not in
	// the one that tenancy-apiserver has embedded.
	ExternalEtcd bool
	// EtcdMembers is how many members that etcd has; 0 means 1.
	EtcdMembers int
	// Ephemeral makes writes faster for clusters that are thrown away: etcd processes
	// do not wait for the disk. That loses data when the machine goes down, and only then:
	// what a process wrote before kill -9 is with the kernel, so crash tests may use it.
	Ephemeral bool
	// WithoutTenancy leaves out our own programs and what is installed for them.
	WithoutTenancy bool
	// Pods has Pods run as processes of this machine, and kube-apiserver reach Services; see package
	// pods. Our own programs are then for the caller to install, with the etcd of ExternalEtcd, if
	// that is set: Pods implies WithoutTenancy.
	Pods bool
	// SystemDefaultResources has tenancy create its default Tenant and Project.
	SystemDefaultResources bool
	// ExtraArgs are added to the arguments of the component of that name, and win over ours.
	ExtraArgs map[string][]string
	// Stdout is told in a line each what has been started; nil for nobody.
	Stdout io.Writer
}

// complete returns the options with defaults filled in, or what is wrong with them.
func (o Options) complete() (Options, error) {
	if o.Dir == "" || o.BinDir == "" {
		return o, errors.New("a local cluster needs a directory for its state and one with the programs")
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.Replicas < 0 || o.Replicas > 1 && !o.ExternalEtcd {
		return o, fmt.Errorf("%d replicas of tenancy-apiserver: want one, or several on an external etcd", o.Replicas)
	}
	if o.EtcdMembers == 0 {
		o.EtcdMembers = 1
	}
	if o.EtcdMembers < 0 || o.EtcdMembers > 1 && !o.ExternalEtcd {
		return o, fmt.Errorf("%d members of etcd: want one, or several of an external etcd", o.EtcdMembers)
	}
	o.WithoutTenancy = o.WithoutTenancy || o.Pods
	if o.WithoutTenancy {
		o.Replicas = 0
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return o, err
	}
	o.BinDir, err = filepath.Abs(o.BinDir)
	return o, err
}

// Program returns the path of the program called name: in the folder
// KUBEBUILDER_ASSETS where that is set and has it, or else in binDir.
func Program(binDir, name string) (string, error) {
	for _, dir := range []string{os.Getenv("KUBEBUILDER_ASSETS"), binDir} {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); dir != "" && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s has no program %s: run make local-binaries", binDir, name)
}
