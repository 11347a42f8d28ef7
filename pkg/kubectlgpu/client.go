// SPDX-License-Identifier: Apache-2.0

package kubectlgpu

import (
	"context"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/tools/pager"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	typed "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
)

const (
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

// all is what list lists, in pages. If they expire before all of them are read, it is everything at once.
func all[T runtime.Object](ctx context.Context, options metav1.ListOptions, list pager.ListPageFunc) ([]T, error) {
	listed, _, err := pager.New(list).List(ctx, options)
	if err != nil {
		return nil, err
	}
	var found []T
	err = meta.EachListItem(listed, func(object runtime.Object) error {
		found = append(found, object.(T))
		return nil
	})
	return found, err
}

// tenants are those that the caller may see.
func (c *client) tenants(ctx context.Context) ([]*v1alpha1.Tenant, error) {
	return all[*v1alpha1.Tenant](ctx, metav1.ListOptions{}, func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return c.tenancy.Tenants().List(ctx, options)
	})
}

// projects are those that the caller may see, of one Tenant or, where that is empty, of all.
func (c *client) projects(ctx context.Context, tenant string) ([]*v1alpha1.Project, error) {
	options := metav1.ListOptions{}
	if tenant != "" {
		options.FieldSelector = fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, tenant).String()
	}
	return all[*v1alpha1.Project](ctx, options, func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return c.tenancy.Projects(metav1.NamespaceAll).List(ctx, options)
	})
}

func (c *client) project(ctx context.Context, name string) (*v1alpha1.Project, error) {
	project, err := c.tenancy.Projects(name).Get(ctx, name, metav1.GetOptions{})
	return project, unseen(err, "Project", name)
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
