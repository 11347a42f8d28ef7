// SPDX-License-Identifier: Apache-2.0

// Command tenancy-controller-manager turns Tenants and Projects into namespaces,
// roles and bindings; see pkg/controllers.
package main

import (
	"fmt"
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"           // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo"  // metrics of requests and leader election
	_ "k8s.io/component-base/metrics/prometheus/workqueue" // metrics of what the controllers do

	"spectrocloud.com/tenancy/pkg/controllers"
	"spectrocloud.com/tenancy/pkg/version"
)

func main() {
	command, err := controllers.NewCommand()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	command.Version = version.String()
	os.Exit(cli.Run(command))
}
