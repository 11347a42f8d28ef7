// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	typed "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
)

const (
	// pageSize is how many objects are asked for at once, as by kubectl.
	pageSize = 500
	// atOnce is how many requests are on their way at a time.
	atOnce = 8
	// Requests per second, and in a burst: the server has its own ways to slow a client down.
	queriesPerSecond, queriesInABurst = 50, 300
)

// client asks the server, as the person who typed the command.
type client struct {
	tenancy typed.SpectrocloudV1alpha1Interface
	rights  authorization.SelfSubjectAccessReviewsGetter
}

func (p *plugin) client() (*client, error) {
	config, err := p.config.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = queriesPerSecond, queriesInABurst
	tenancy, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	rights, err := authorization.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &client{tenancy.SpectrocloudV1alpha1(), rights}, nil
}

// namespace is the one of -n, or of the context.
func (p *plugin) namespace() (string, error) {
	namespace, _, err := p.config.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// pages calls list for one page after another.
func pages(options metav1.ListOptions, list func(metav1.ListOptions) (metav1.ListInterface, error)) error {
	options.Limit = pageSize
	for {
		page, err := list(options)
		if err != nil {
			return err
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// tenants are those that the caller may see.
func (c *client) tenants(ctx context.Context) ([]v1alpha1.Tenant, error) {
	var found []v1alpha1.Tenant
	err := pages(metav1.ListOptions{}, func(options metav1.ListOptions) (metav1.ListInterface, error) {
		page, err := c.tenancy.Tenants().List(ctx, options)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Items...)
		return page, nil
	})
	return found, err
}

// projects are those that the caller may see, of one Tenant or, where that is empty, of all.
func (c *client) projects(ctx context.Context, tenant string) ([]v1alpha1.Project, error) {
	var found []v1alpha1.Project
	options := metav1.ListOptions{}
	if tenant != "" {
		options.FieldSelector = fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, tenant).String()
	}
	err := pages(options, func(options metav1.ListOptions) (metav1.ListInterface, error) {
		page, err := c.tenancy.Projects(metav1.NamespaceAll).List(ctx, options)
		if err != nil {
			return nil, err
		}
		found = append(found, page.Items...)
		return page, nil
	})
	return found, err
}

func (c *client) project(ctx context.Context, name string) (*v1alpha1.Project, error) {
	project, err := c.tenancy.Projects(name).Get(ctx, name, metav1.GetOptions{})
	return project, unseen(err, "Project", name)
}

// tenantUsages are how the GPUs of these Tenants are used, in their order.
func (c *client) tenantUsages(ctx context.Context, names []string) ([]*v1alpha1.GPUUsage, error) {
	usages := make([]*v1alpha1.GPUUsage, len(names))
	err := each(ctx, names, func(ctx context.Context, i int, name string) error {
		usage, err := c.tenancy.Tenants().GetGPUUsage(ctx, name, metav1.GetOptions{})
		usages[i] = usage
		return unseen(err, "Tenant", name)
	})
	return usages, err
}

// each calls do for all of names, some at a time.
func each(ctx context.Context, names []string, do func(ctx context.Context, i int, name string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, name := range names {
		group.Go(func() error { return do(ctx, i, name) })
	}
	return group.Wait()
}
