// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// completionTime is how long somebody who presses Tab is kept waiting.
const completionTime = 3 * time.Second

type completions = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// complete completes a flag's value.
func complete(command *cobra.Command, flag string, with completions) {
	utilruntime.Must(command.RegisterFlagCompletionFunc(flag, with)) // Fails for flags that the command does not have.
}

// completeConfigFlags completes those of kubectl's own flags that have something to choose from.
func (p *plugin) completeConfigFlags(command *cobra.Command) {
	complete(command, "namespace", p.completeProjects)
	for flag, names := range map[string]func() []string{
		"context": func() []string { return p.inKubeconfig().contexts },
		"cluster": func() []string { return p.inKubeconfig().clusters },
		"user":    func() []string { return p.inKubeconfig().users },
	} {
		complete(command, flag, func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return beginning(typed, names()), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

type kubeconfig struct{ contexts, clusters, users []string }

func (p *plugin) inKubeconfig() kubeconfig {
	raw, err := p.config.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return kubeconfig{}
	}
	return kubeconfig{slices.Sorted(maps.Keys(raw.Contexts)), slices.Sorted(maps.Keys(raw.Clusters)), slices.Sorted(maps.Keys(raw.AuthInfos))}
}

func beginning(with string, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, with) })
}

// ask has the server say what there is to choose from. What can't be asked for is not offered, and errors are not shown: they
// would end up on the command line.
func (p *plugin) ask(command *cobra.Command, what func(context.Context, *client) ([]string, error)) []string {
	c, err := p.client()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(command.Context(), completionTime)
	defer cancel()
	names, err := what(ctx, c)
	if err != nil {
		cobra.CompDebugln(err.Error(), false)
		return nil
	}
	return names
}

func (p *plugin) completeTenants(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := p.ask(command, func(ctx context.Context, c *client) (names []string, err error) {
		tenants, err := c.tenants(ctx)
		for _, tenant := range tenants {
			if !slices.Contains(args, tenant.Name) {
				names = append(names, tenant.Name)
			}
		}
		return names, err
	})
	return beginning(typed, names), cobra.ShellCompDirectiveNoFileComp
}

// completeProjects is for --namespace: the namespaces in which one can ask for GPUs.
func (p *plugin) completeProjects(command *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := p.ask(command, func(ctx context.Context, c *client) (names []string, err error) {
		projects, err := c.projects(ctx, "")
		for _, project := range projects {
			names = append(names, project.Name)
		}
		return names, err
	})
	return beginning(typed, names), cobra.ShellCompDirectiveNoFileComp
}

func (p *plugin) completeFamilies(command *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return beginning(typed, p.ask(command, p.families)), cobra.ShellCompDirectiveNoFileComp
}

// families are those that a Tenant or a Project limits or uses: those of --namespace alone, if that is given.
func (p *plugin) families(ctx context.Context, c *client) ([]string, error) {
	found := v1alpha1.GPUCounts{}
	if project := *p.config.Namespace; project != "" {
		usage, err := c.tenancy.Projects(project).GetGPUUsage(ctx, project, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		for _, family := range usage.Families {
			found[family.Family] = 0
		}
	} else if err := c.allFamilies(ctx, found); err != nil {
		return nil, err
	}
	delete(found, spectrocloud.DefaultFamily)
	return slices.Sorted(maps.Keys(found)), nil
}

func (c *client) allFamilies(ctx context.Context, found v1alpha1.GPUCounts) error {
	tenants, err := c.tenants(ctx)
	if err != nil {
		return err
	}
	projects, err := c.projects(ctx, "")
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		maps.Copy(found, tenant.Spec.GPUResources.Limits)
		maps.Copy(found, tenant.Spec.GPUResources.Requests)
		for _, counts := range tenant.Status.GPUUsage {
			maps.Copy(found, counts)
		}
	}
	for _, project := range projects {
		maps.Copy(found, project.Spec.GPUResources.Limits)
		maps.Copy(found, project.Spec.GPUResources.Requests)
	}
	return nil
}

// completeRequest completes the family of what is typed last: after a comma another one.
func (p *plugin) completeRequest(command *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before, last := "", typed
	if comma := strings.LastIndex(typed, ","); comma >= 0 {
		before, last = typed[:comma+1], typed[comma+1:]
	}
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	if strings.Contains(last, "=") {
		return nil, directive
	}
	already := strings.Join(append(slices.Clone(args), before), ",")
	var offered []string
	for _, family := range beginning(last, p.ask(command, p.families)) {
		if !strings.Contains(","+already, ","+family+"=") {
			offered = append(offered, before+family+"=")
		}
	}
	return offered, directive
}
