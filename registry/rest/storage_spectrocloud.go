// SPDX-License-Identifier: Apache-2.0

// Package rest is the composition root of the API: one file per group, the only
// place that knows every store of it. Adding a kind or a group touches this
// package and nothing above it.
package rest

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1beta1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/aiworkload"
	"spectrocloud.com/tenancy/registry/componentdefinition"
	"spectrocloud.com/tenancy/registry/computeconfig"
	"spectrocloud.com/tenancy/registry/computepool"
	"spectrocloud.com/tenancy/registry/effectivesettings"
	"spectrocloud.com/tenancy/registry/gpuusage"
	"spectrocloud.com/tenancy/registry/policydefinition"
	"spectrocloud.com/tenancy/registry/profilebundle"
	"spectrocloud.com/tenancy/registry/project"
	"spectrocloud.com/tenancy/registry/quota"
	"spectrocloud.com/tenancy/registry/scalingpolicy"
	"spectrocloud.com/tenancy/registry/settings"
	"spectrocloud.com/tenancy/registry/tenant"
	"spectrocloud.com/tenancy/registry/traitdefinition"
	"spectrocloud.com/tenancy/registry/variableset"
	"spectrocloud.com/tenancy/registry/workloadprofile"
)

// StorageProvider makes the stores of API group spectrocloud.com.
type StorageProvider struct {
	Scheme  *runtime.Scheme
	Codecs  serializer.CodecFactory
	Options generic.RESTOptionsGetter
	Backend *storage.Backend
	// Prefix is that of all keys in etcd.
	Prefix     string
	Ledger     *quota.Ledger
	Namespaces validation.Namespaces
	// Authorizer says who sees all Tenants, and all Projects.
	Authorizer authorizer.Authorizer
}

// NewAPIGroup makes every store of the group, each once however many versions serve it.
func (p StorageProvider) NewAPIGroup() (*genericapiserver.APIGroupInfo, error) {
	tenants, tenantStatus, err := tenant.NewREST(p.Scheme, p.guarded(p.Ledger.DecideTenant), p.Namespaces, p.Ledger.DecideTenant, p.Authorizer)
	if err != nil {
		return nil, err
	}
	projects, projectStatus, err := project.NewREST(p.Scheme, p.guarded(p.Ledger.DecideProject), p.Namespaces, p.Ledger.DecideProject, p.Authorizer)
	if err != nil {
		return nil, err
	}
	pools, poolStatus, err := computepool.NewREST(p.Scheme, p.guarded(p.Ledger.DecideConsumer), p.Ledger.DecideConsumer, p.Ledger.Position)
	if err != nil {
		return nil, err
	}
	workloads, workloadStatus, err := aiworkload.NewREST(p.Scheme, p.guarded(p.Ledger.DecideConsumer), p.Ledger.DecideConsumer, p.Ledger.Position)
	if err != nil {
		return nil, err
	}
	decideSettings, decideConfig := p.Ledger.DecideInherited("settings"), p.Ledger.DecideInherited("computeconfigs")
	settings, err := settings.NewREST(p.Scheme, p.guarded(decideSettings), decideSettings)
	if err != nil {
		return nil, err
	}
	computeConfigs, err := computeconfig.NewREST(p.Scheme, p.guarded(decideConfig), decideConfig)
	if err != nil {
		return nil, err
	}
	scalingPolicies, scalingPolicyStatus, err := scalingpolicy.NewREST(p.Scheme, p.guarded(nil))
	if err != nil {
		return nil, err
	}
	templates, err := p.templates()
	if err != nil {
		return nil, err
	}
	p.Ledger.AdmitThrough("computepools", pools.Store.Store)
	p.Ledger.AdmitThrough("aiworkloads", workloads.Store.Store)
	group := genericapiserver.NewDefaultAPIGroupInfo(spectrocloud.GroupName, p.Scheme, metav1.ParameterCodec, p.Codecs)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = map[string]rest.Storage{
		"tenants":                    tenants,
		"tenants/status":             tenantStatus,
		"tenants/gpuusage":           gpuusage.OfTenants(tenants, p.Ledger.TenantUsage),
		"projects":                   projects,
		"projects/status":            projectStatus,
		"projects/gpuusage":          gpuusage.OfProjects(projects, p.Ledger.ProjectUsage),
		"projects/effectivesettings": effectivesettings.New(projects, tenants.REST, settings),
		"computepools":               pools,
		"computepools/status":        poolStatus,
		"aiworkloads":                workloads,
		"aiworkloads/status":         workloadStatus,
		"settings":                   settings,
		"computeconfigs":             computeConfigs,
		"scalingpolicies":            scalingPolicies,
		"scalingpolicies/status":     scalingPolicyStatus,
	}
	group.VersionedResourcesStorageMap[v1beta1.SchemeGroupVersion.Version] = templates
	return &group, nil
}

// templates makes the stores of what workloads are made from.
func (p StorageProvider) templates() (map[string]rest.Storage, error) {
	bundles, err := profilebundle.NewREST(p.Scheme, p.guarded(nil), p.Namespaces)
	if err != nil {
		return nil, err
	}
	profiles, err := workloadprofile.NewREST(p.Scheme, p.Backend, p.Options, p.Prefix)
	if err != nil {
		return nil, err
	}
	components, err := componentdefinition.NewREST(p.Scheme, p.guarded(nil))
	if err != nil {
		return nil, err
	}
	traits, err := traitdefinition.NewREST(p.Scheme, p.guarded(nil))
	if err != nil {
		return nil, err
	}
	policies, err := policydefinition.NewREST(p.Scheme, p.guarded(nil))
	if err != nil {
		return nil, err
	}
	variables, err := variableset.NewREST(p.Scheme, p.guarded(nil))
	if err != nil {
		return nil, err
	}
	return map[string]rest.Storage{
		"profilebundles":       bundles,
		"workloadprofiles":     profiles,
		"componentdefinitions": components,
		"traitdefinitions":     traits,
		"policydefinitions":    policies,
		"variablesets":         variables,
	}, nil
}

// guarded are the options of a store whose writes decide guards; nil for a kind whose objects depend on no others.
func (p StorageProvider) guarded(decide storage.Decide) generic.RESTOptionsGetter {
	return p.Backend.RESTOptions(p.Options, decide)
}
