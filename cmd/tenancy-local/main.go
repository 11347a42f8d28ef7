// SPDX-License-Identifier: Apache-2.0

// Command tenancy-local starts the whole of tenancy on one machine, with a real
// kube-apiserver in front; see pkg/localcluster.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	executable, err := os.Executable()
	status := 0
	if err == nil {
		status, err = run(filepath.Dir(executable), os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tenancy-local:", err)
		status = 1
	}
	os.Exit(status)
}
