// SPDX-License-Identifier: Apache-2.0

// Command kubectl-gpu is what kubectl runs for "kubectl gpu"; see
// pkg/kubectlgpu.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"spectrocloud.com/tenancy/pkg/kubectlgpu"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := kubectlgpu.Run(ctx, os.Args[1:], genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	stop()
	os.Exit(status)
}
