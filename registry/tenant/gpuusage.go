// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// Usage is how the GPUs of a Tenant are used at this moment.
type Usage func(ctx context.Context, tenant string) (*spectrocloud.GPUUsage, error)

// GPUUsageREST serves tenants/gpuusage, which is computed on each GET.
type GPUUsageREST struct {
	table.GPUUsage
	tenants rest.Getter
	usage   Usage
}

var (
	_ rest.Getter         = &GPUUsageREST{}
	_ rest.TableConvertor = &GPUUsageREST{}
)

// NewGPUUsageREST returns the subresource of tenants.
func NewGPUUsageREST(tenants rest.Getter, usage Usage) *GPUUsageREST {
	return &GPUUsageREST{GPUUsage: table.GPUUsage{OfTenant: true}, tenants: tenants, usage: usage}
}

// New implements rest.Storage.
func (*GPUUsageREST) New() runtime.Object { return &spectrocloud.GPUUsage{} }

// Destroy implements rest.Storage: there is nothing of its own to close.
func (*GPUUsageREST) Destroy() {}

// Get implements rest.Getter.
func (r *GPUUsageREST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	obj, err := r.tenants.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	tenant := obj.(*spectrocloud.Tenant)
	usage, err := r.usage(ctx, tenant.Name)
	if err != nil {
		return nil, err
	}
	usage.Name, usage.UID, usage.CreationTimestamp = tenant.Name, tenant.UID, tenant.CreationTimestamp
	return usage, nil
}
