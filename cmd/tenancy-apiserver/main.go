// SPDX-License-Identifier: Apache-2.0

// Command tenancy-apiserver serves the API group spectrocloud.com from its own
// etcd, behind the kube-apiserver of a host cluster.
package main

import (
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // metrics of client-go

	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/version"
)

func main() {
	command := apiserver.NewCommand()
	command.Version = version.String()
	command.SetContext(genericapiserver.SetupSignalContext())
	os.Exit(cli.Run(command))
}
