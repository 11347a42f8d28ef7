// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"spectrocloud.com/tenancy/pkg/version"
)

// What the process exits with. An error is never 1, so that scripts can tell it from what does not fit.
const (
	exitDone       = 0
	exitDoesNotFit = 1
	exitError      = 2
)

// errDoesNotFit is what can-i-fit ends with when it has said so.
var errDoesNotFit = errors.New("it does not fit")

// Run runs the plugin with these arguments until it is done or ctx ends, and returns what to exit with.
func Run(ctx context.Context, args []string, streams genericiooptions.IOStreams) int {
	command := NewCommand(genericclioptions.NewConfigFlags(true), streams)
	command.SetArgs(args)
	return Execute(ctx, command)
}

// Execute runs what NewCommand returned, and returns what to exit with.
func Execute(ctx context.Context, command *cobra.Command) int {
	switch err := command.ExecuteContext(ctx); {
	case err == nil:
		return exitDone
	case errors.Is(err, errDoesNotFit):
		return exitDoesNotFit
	case ctx.Err() != nil:
		fmt.Fprintln(command.ErrOrStderr(), "interrupted")
		return exitError
	default:
		fmt.Fprintln(command.ErrOrStderr(), "error:", printers.EscapeTerminal(explain(err)))
		return exitError
	}
}

// plugin is what the commands share.
type plugin struct {
	genericiooptions.IOStreams
	config    *genericclioptions.ConfigFlags
	output    string
	noHeaders bool
}

// NewCommand returns "kubectl gpu", which finds its cluster with these flags.
func NewCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	p := &plugin{IOStreams: streams, config: config}
	command := &cobra.Command{
		Use:               "kubectl-gpu",
		Short:             "How GPUs are used, who waits for them, and what would fit",
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl gpu"},
		Version:           version.String(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	command.SetIn(streams.In)
	command.SetOut(streams.Out)
	command.SetErr(streams.ErrOut)
	config.AddFlags(command.PersistentFlags())
	command.AddCommand(newUsage(p), newQueue(p), newFit(p), newTop(p))
	p.completeConfigFlags(command)
	return command
}
