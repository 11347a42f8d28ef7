// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// where says which Projects a command looks at: one, those of a Tenant, or all that the caller sees.
type where struct{ project, tenant string }

// account is a Tenant as the caller sees it: its quotas and usage, and the Projects that the command looks at.
type account struct {
	name string
	// tenant is nil where the caller sees a Project, but not its Tenant. usage then is that of the Projects.
	tenant   *v1alpha1.Tenant
	usage    *v1alpha1.GPUUsage
	projects map[string]*v1alpha1.Project
	// unread are the Projects whose usage the caller may not read.
	unread []string
}

// accounts are those of the Tenants of the Projects that where names.
func (c *client) accounts(ctx context.Context, where where) (map[string]*account, error) {
	projects, err := c.lookAt(ctx, where)
	if err != nil {
		return nil, err
	}
	accounts := map[string]*account{}
	var names []string
	for _, project := range projects {
		name := project.Spec.TenantRef.Name
		if accounts[name] == nil {
			accounts[name] = &account{name: name, projects: map[string]*v1alpha1.Project{}}
			names = append(names, name)
		}
		accounts[name].projects[project.Name] = project
	}
	return accounts, each(ctx, names, func(ctx context.Context, _ int, name string) error {
		return c.fill(ctx, accounts[name])
	})
}

func (c *client) lookAt(ctx context.Context, where where) ([]*v1alpha1.Project, error) {
	if where.project == "" {
		return c.projects(ctx, where.tenant)
	}
	project, err := c.project(ctx, where.project)
	if err != nil {
		return nil, err
	}
	return []*v1alpha1.Project{project}, nil
}

// fill reads a Tenant's quotas and usage, or the usage of its Projects where the caller does not see the Tenant.
func (c *client) fill(ctx context.Context, a *account) error {
	tenant, err := c.tenancy.Tenants().Get(ctx, a.name, metav1.GetOptions{})
	if err == nil {
		a.usage, err = c.tenancy.Tenants().GetGPUUsage(ctx, a.name, metav1.GetOptions{})
	}
	switch {
	case gone(err):
		return c.fillFromProjects(ctx, a)
	case err != nil:
		return err
	}
	a.tenant = tenant
	return nil
}

func (c *client) fillFromProjects(ctx context.Context, a *account) error {
	a.usage = &v1alpha1.GPUUsage{}
	for _, name := range slices.Sorted(maps.Keys(a.projects)) {
		usage, err := c.tenancy.Projects(name).GetGPUUsage(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsForbidden(err): // For a moment also while a Project is new: who sees it gets the role a little later.
			a.unread = append(a.unread, name)
		case gone(err):
		case err != nil:
			return err
		default:
			a.usage.Projects = append(a.usage.Projects, v1alpha1.ProjectUsage{Name: name, Families: usage.Families})
		}
	}
	return nil
}

// levels are whose quotas hold in a Project, as the ledger has them: the Tenant, then the Project itself. There are none where
// the caller doesn't see the Tenant.
func (a *account) levels(project string) []quota.Level {
	if a.tenant == nil || a.projects[project] == nil {
		return nil
	}
	return []quota.Level{
		{Kind: "Tenant", Name: a.name, Quotas: quotas(a.tenant.Spec.GPUResources), Used: used(a.usage.Families)},
		{Kind: "Project", Name: project, Quotas: quotas(a.projects[project].Spec.GPUResources), Used: used(a.familiesOf(project))},
	}
}

// familiesOf is how the GPUs of one of the Tenant's Projects are used.
func (a *account) familiesOf(project string) []v1alpha1.FamilyUsage {
	for _, p := range a.usage.Projects {
		if p.Name == project {
			return p.Families
		}
	}
	return nil
}

func quotas(r v1alpha1.GPUResources) spectrocloud.GPUResources {
	return spectrocloud.GPUResources{Limits: spectrocloud.GPUCounts(r.Limits), Requests: spectrocloud.GPUCounts(r.Requests)}
}

func used(families []v1alpha1.FamilyUsage) quota.Sums {
	sums := quota.Sums{}
	for _, f := range families {
		if f.Used > 0 {
			sums[f.Family] = f.Used
		}
	}
	return sums
}

// waited is what waiting requests ask for.
func waited(families []v1alpha1.FamilyUsage) quota.Sums {
	sums := quota.Sums{}
	for _, f := range families {
		if f.Pending > 0 {
			sums[f.Family] = f.Pending
		}
	}
	return sums
}
