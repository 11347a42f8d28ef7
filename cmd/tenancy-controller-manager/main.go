// SPDX-License-Identifier: Apache-2.0

// Command tenancy-controller-manager turns Tenants and Projects into namespaces,
// roles and bindings; see pkg/controllers.
package main

import (
	"fmt"
	"os"

	"k8s.io/component-base/cli"

	"spectrocloud.com/tenancy/pkg/controllers"
)

func main() {
	command, err := controllers.NewCommand()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(cli.Run(command))
}
