// SPDX-License-Identifier: Apache-2.0

package gpuusage

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// REST serves the gpuusage of one kind.
type REST struct {
	tableConvertor
	owners rest.Getter
	usage  func(ctx context.Context, owner runtime.Object) (*spectrocloud.GPUUsage, error)
}

var (
	_ rest.Getter         = &REST{}
	_ rest.TableConvertor = &REST{}
)

// OfTenants returns tenants/gpuusage, for those that tenants gets, with the usage of the Tenant of a name.
func OfTenants(tenants rest.Getter, usage func(ctx context.Context, tenant string) (*spectrocloud.GPUUsage, error)) *REST {
	return &REST{tableConvertor{withProjects: true}, tenants, func(ctx context.Context, owner runtime.Object) (*spectrocloud.GPUUsage, error) {
		return usage(ctx, owner.(*spectrocloud.Tenant).Name)
	}}
}

// OfProjects returns projects/gpuusage, for those that projects gets, with the usage of the Project of a name in a Tenant.
func OfProjects(projects rest.Getter, usage func(ctx context.Context, tenant, project string) (*spectrocloud.GPUUsage, error)) *REST {
	return &REST{tableConvertor{}, projects, func(ctx context.Context, owner runtime.Object) (*spectrocloud.GPUUsage, error) {
		project := owner.(*spectrocloud.Project)
		return usage(ctx, project.Spec.TenantRef.Name, project.Name)
	}}
}

// New implements rest.Storage.
func (*REST) New() runtime.Object { return &spectrocloud.GPUUsage{} }

// Destroy implements rest.Storage: there is nothing of its own to close.
func (*REST) Destroy() {}

// Get implements rest.Getter.
func (r *REST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	owner, err := r.owners.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	usage, err := r.usage(ctx, owner)
	if err != nil {
		return nil, err
	}
	of := owner.(metav1.Object)
	usage.Name, usage.Namespace, usage.UID, usage.CreationTimestamp = of.GetName(), of.GetNamespace(), of.GetUID(), of.GetCreationTimestamp()
	return usage, nil
}
