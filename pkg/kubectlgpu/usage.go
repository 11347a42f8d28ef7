// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func newUsage(p *plugin) *cobra.Command {
	withProjects := false
	command := &cobra.Command{
		Use:   "usage [TENANT...]",
		Short: "Show how the GPUs of Tenants and Projects are used",
		Long: `Show how the GPUs of Tenants are used, per GPU family: those of all Tenants that you may see, or of the ones named.
With --namespace, those of one Project. The figures are exact at the moment of reading.`,
		Example: `  kubectl gpu usage
  kubectl gpu usage primary-dev --projects -o bars
  kubectl gpu usage -n project-a`,
		ValidArgsFunction: p.completeTenants,
		RunE: func(command *cobra.Command, args []string) error {
			return p.usage(command.Context(), args, withProjects)
		},
	}
	command.Flags().BoolVar(&withProjects, "projects", false, "Show each Project of the Tenants, too.")
	p.addOutput(command, "table", "bars", "wide", "json", "yaml")
	return command
}

func (p *plugin) usage(ctx context.Context, tenants []string, withProjects bool) error {
	c, err := p.client()
	if err != nil {
		return err
	}
	named := len(tenants) > 0
	var rows []usageRow
	var usages []*v1alpha1.GPUUsage
	switch {
	case *p.config.Namespace != "" && named:
		return errors.New("a Project is asked for by --namespace alone: leave out the Tenants, or the flag")
	case *p.config.Namespace != "":
		named = true
		usages, rows, err = c.projectUsage(ctx, *p.config.Namespace)
	default:
		usages, rows, err = c.tenantsUsage(ctx, tenants, withProjects)
	}
	if err != nil {
		return err
	}
	if p.structured() {
		objects := make([]runtime.Object, len(usages))
		for i, usage := range usages {
			usage.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("GPUUsage"))
			objects[i] = usage
		}
		return p.printObjects(named, objects)
	}
	switch {
	case len(usages) == 0:
		p.warn("You see no Tenant: no Tenant and no Project names a group of yours (kubectl auth whoami shows them).")
		return nil
	case len(rows) == 0:
		p.warn("No GPUs are used, waited for or limited.")
		return nil
	case p.output == "bars":
		return drawBars(p.Out, rows, width(p.Out), printers.AllowsColorOutput(p.Out))
	}
	return p.printTable(usageTable(rows))
}

// tenantsUsage is how these Tenants are used, or, without names, all that the caller sees.
func (c *client) tenantsUsage(ctx context.Context, names []string, withProjects bool) ([]*v1alpha1.GPUUsage, []usageRow, error) {
	named := len(names) > 0
	if !named {
		tenants, err := c.tenants(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, tenant := range tenants {
			names = append(names, tenant.Name)
		}
	}
	usages := make([]*v1alpha1.GPUUsage, len(names))
	err := each(ctx, names, func(ctx context.Context, i int, name string) error {
		usage, err := c.tenancy.Tenants().GetGPUUsage(ctx, name, metav1.GetOptions{})
		switch {
		case gone(err) && !named: // It was deleted since it was listed.
			return nil
		case err != nil:
			return unseen(err, "Tenant", name)
		}
		usages[i] = usage
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	usages = slices.DeleteFunc(usages, func(usage *v1alpha1.GPUUsage) bool { return usage == nil })
	var rows []usageRow
	for _, usage := range usages {
		rows = append(rows, rowsOf(usage.Name, "", usage.Families)...)
		if !withProjects {
			continue
		}
		for _, project := range usage.Projects {
			rows = append(rows, rowsOf(usage.Name, project.Name, project.Families)...)
		}
	}
	return usages, rows, nil
}

// projectUsage is how one Project is used.
func (c *client) projectUsage(ctx context.Context, name string) ([]*v1alpha1.GPUUsage, []usageRow, error) {
	project, err := c.project(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	usage, err := c.tenancy.Projects(name).GetGPUUsage(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, nil, unseen(err, "Project", name)
	}
	return []*v1alpha1.GPUUsage{usage}, rowsOf(project.Spec.TenantRef.Name, name, usage.Families), nil
}

// usageRow is how one family is used in a Project, or, where that is empty, in all of a Tenant.
type usageRow struct {
	tenant, project string
	v1alpha1.FamilyUsage
}

func rowsOf(tenant, project string, families []v1alpha1.FamilyUsage) []usageRow {
	rows := make([]usageRow, len(families))
	for i, family := range families {
		rows[i] = usageRow{tenant, project, family}
	}
	return rows
}

// over is how many more are in use than the limit allows.
func (r usageRow) over() int64 {
	if r.Limit == nil {
		return 0
	}
	return max(0, r.Used-*r.Limit)
}

// percent is how much of the limit is in use: 100 if it is exactly all, and never for a little less or more. It is false where
// there is nothing to be a part of.
func (r usageRow) percent() (int64, bool) {
	if r.Limit == nil || *r.Limit == 0 {
		return 0, false
	}
	exact := float64(r.Used) / float64(*r.Limit) * 100
	if r.over() > 0 {
		return int64(math.Ceil(exact)), true
	}
	return int64(math.Floor(exact)), true
}
