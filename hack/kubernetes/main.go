// SPDX-License-Identifier: Apache-2.0

// Command kubernetes is the upstream control plane that tenancy-local starts:
// etcd, kube-apiserver, kube-controller-manager and kubectl in one binary,
// dispatched on the name it is called by. One link of their shared packages
// takes a quarter of the time and disk of four. It must not contain any code
// of ours: what it runs is upstream, unchanged, and each case below does what
// the upstream main of that name does.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // Time zones of CronJobs, as in the upstream mains.

	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // Credential plugins of kubectl.
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // Client metrics.
	_ "k8s.io/component-base/metrics/prometheus/version"  // The build info metric.
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kubecontrollermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	switch name := filepath.Base(os.Args[0]); name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(kubeapiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(kubecontrollermanager.NewControllerManagerCommand()))
	case "kubectl":
		// kubectl builds its commands (plugins, .kuberc) before it parses flags, and
		// logs while it does; so the verbosity has to be read ahead of parsing.
		_, _ = logs.GlogSetter(kubectl.GetLogVerbosity(os.Args))
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			util.CheckErr(err) // Prints the error and exits with its status.
		}
	default:
		fmt.Fprintf(os.Stderr, "%s: call this binary as etcd, kube-apiserver, kube-controller-manager or kubectl\n", name)
		os.Exit(2)
	}
}
