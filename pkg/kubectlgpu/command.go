// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/component-base/version"
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
		Version:           version.Get().GitVersion,
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

// addOutput adds the flags that say how to print: table, the formats of its own that the command has, wide, json or yaml.
func (p *plugin) addOutput(command *cobra.Command, own ...string) {
	formats := append(append([]string{"table"}, own...), "wide", "json", "yaml")
	command.Flags().StringVarP(&p.output, "output", "o", "table", "Output format: "+strings.Join(formats, ", ")+".")
	command.Flags().BoolVar(&p.noHeaders, "no-headers", false, "Print tables without headers.")
	complete(command, "output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	command.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(formats, p.output) {
			return fmt.Errorf("there is no output format %q: use one of %s", p.output, strings.Join(formats, ", "))
		}
		return nil
	}
}

// inObjects tells whether objects are asked for, and not what is made of them.
func (p *plugin) inObjects() bool { return p.output == "json" || p.output == "yaml" }

// printObjects prints one object as it is, others as a list.
func (p *plugin) printObjects(single bool, objects []runtime.Object) error {
	printer, err := genericclioptions.NewJSONYamlPrintFlags().ToPrinter(p.output)
	if err != nil {
		return err
	}
	if single && len(objects) == 1 {
		return printer.PrintObj(objects[0], p.Out)
	}
	list := &corev1.List{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}, Items: []runtime.RawExtension{}}
	for _, object := range objects {
		list.Items = append(list.Items, runtime.RawExtension{Object: object})
	}
	return printer.PrintObj(list, p.Out)
}

// printTable prints a table as kubectl does.
func (p *plugin) printTable(table *metav1.Table) error {
	return printers.NewTablePrinter(printers.PrintOptions{NoHeaders: p.noHeaders, Wide: p.output == "wide"}).PrintObj(table, p.Out)
}

// column is a column of a table; wide ones are shown by -o wide only.
func column(name string, wide bool) metav1.TableColumnDefinition {
	definition := metav1.TableColumnDefinition{Name: name, Type: "string"}
	if wide {
		definition.Priority = 1
	}
	return definition
}

// warn tells people what is missing from what is printed.
func (p *plugin) warn(format string, args ...any) {
	fmt.Fprintln(p.ErrOut, printers.EscapeTerminal(fmt.Sprintf(format, args...)))
}
