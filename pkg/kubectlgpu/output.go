// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"
)

// addOutput adds the flags that say how to print, with the formats that the command has, the default first.
func (p *plugin) addOutput(command *cobra.Command, formats ...string) {
	command.Flags().StringVarP(&p.output, "output", "o", formats[0], "Output format: "+strings.Join(formats, ", ")+".")
	command.Flags().BoolVar(&p.noHeaders, "no-headers", false, "Print tables without headers.")
	complete(command, "output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	command.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(formats, p.output) {
			return fmt.Errorf("there is no output format %q: use one of %s", p.output, strings.Join(formats, ", "))
		}
		return nil
	}
}

// structured tells whether what is printed is for programs.
func (p *plugin) structured() bool { return p.output == "json" || p.output == "yaml" }

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

// printStructure prints what is no object of the API.
func (p *plugin) printStructure(structure any) error {
	text, err := json.MarshalIndent(structure, "", "    ")
	if err == nil && p.output == "yaml" {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Out, strings.TrimSpace(string(text)))
	return err
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
