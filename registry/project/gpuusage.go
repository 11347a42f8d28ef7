// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/table"
)

// Usage is how the GPUs of a Project are used at this moment.
type Usage func(ctx context.Context, tenant, project string) (*spectrocloud.GPUUsage, error)

// GPUUsageREST serves projects/gpuusage, which is computed on each GET.
type GPUUsageREST struct {
	table.GPUUsage
	projects rest.Getter
	usage    Usage
}

var (
	_ rest.Getter         = &GPUUsageREST{}
	_ rest.TableConvertor = &GPUUsageREST{}
)

// NewGPUUsageREST returns the subresource of projects.
func NewGPUUsageREST(projects rest.Getter, usage Usage) *GPUUsageREST {
	return &GPUUsageREST{projects: projects, usage: usage}
}

// New implements rest.Storage.
func (*GPUUsageREST) New() runtime.Object { return &spectrocloud.GPUUsage{} }

// Destroy implements rest.Storage: there is nothing of its own to close.
func (*GPUUsageREST) Destroy() {}

// Get implements rest.Getter.
func (r *GPUUsageREST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	obj, err := r.projects.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	project := obj.(*spectrocloud.Project)
	usage, err := r.usage(ctx, project.Spec.TenantRef.Name, project.Name)
	if err != nil {
		return nil, err
	}
	usage.Name, usage.Namespace, usage.UID, usage.CreationTimestamp = project.Name, project.Namespace, project.UID, project.CreationTimestamp
	return usage, nil
}
