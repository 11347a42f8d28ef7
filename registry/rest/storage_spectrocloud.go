// SPDX-License-Identifier: Apache-2.0

// Package rest is the composition root of the API: one file per group, the only
// place that knows every store of it. Adding a kind or a group touches this
// package and nothing above it.
package rest

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/aiworkload"
	"spectrocloud.com/tenancy/registry/computepool"
	"spectrocloud.com/tenancy/registry/gpuusage"
	"spectrocloud.com/tenancy/registry/project"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/tenant"
)

// StorageProvider makes the stores of API group spectrocloud.com.
type StorageProvider struct {
	Scheme     *runtime.Scheme
	Codecs     serializer.CodecFactory
	Options    generic.RESTOptionsGetter
	Backend    *storage.Backend
	Ledger     *quota.Ledger
	Namespaces validation.Namespaces
}

// NewAPIGroup makes every store of the group, each once however many versions serve it.
func (p StorageProvider) NewAPIGroup() (*genericapiserver.APIGroupInfo, error) {
	tenants, tenantStatus, err := tenant.NewREST(p.Scheme, p.Backend.RESTOptions(p.Options, p.Ledger.DecideTenant), p.Namespaces, p.Ledger.DecideTenant)
	if err != nil {
		return nil, err
	}
	projects, projectStatus, err := project.NewREST(p.Scheme, p.Backend.RESTOptions(p.Options, p.Ledger.DecideProject), p.Namespaces, p.Ledger.DecideProject)
	if err != nil {
		return nil, err
	}
	pools, poolStatus, err := computepool.NewREST(p.Scheme, p.Backend.RESTOptions(p.Options, p.Ledger.DecideConsumer), p.Ledger.DecideConsumer, p.Ledger.Position)
	if err != nil {
		return nil, err
	}
	workloads, workloadStatus, err := aiworkload.NewREST(p.Scheme, p.Backend.RESTOptions(p.Options, p.Ledger.DecideConsumer), p.Ledger.DecideConsumer, p.Ledger.Position)
	if err != nil {
		return nil, err
	}
	p.Ledger.AdmitThrough("computepools", pools.Store.Store)
	p.Ledger.AdmitThrough("aiworkloads", workloads.Store.Store)
	group := genericapiserver.NewDefaultAPIGroupInfo(spectrocloud.GroupName, p.Scheme, metav1.ParameterCodec, p.Codecs)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = map[string]rest.Storage{
		"tenants":             tenants,
		"tenants/status":      tenantStatus,
		"tenants/gpuusage":    gpuusage.OfTenants(tenants, p.Ledger.TenantUsage),
		"projects":            projects,
		"projects/status":     projectStatus,
		"projects/gpuusage":   gpuusage.OfProjects(projects, p.Ledger.ProjectUsage),
		"computepools":        pools,
		"computepools/status": poolStatus,
		"aiworkloads":         workloads,
		"aiworkloads/status":  workloadStatus,
	}
	return &group, nil
}
