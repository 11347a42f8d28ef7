// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	hostinformers "k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	networkinginformers "k8s.io/client-go/informers/networking/v1"
	rbacinformers "k8s.io/client-go/informers/rbac/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/informers/externalversions"
	tenancyinformers "spectrocloud.com/tenancy/generated/informers/externalversions/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// resync is how often every Tenant and Project is looked at without a reason, should an event ever be missed. A look that
// finds nothing to do writes nothing.
const resync = 10 * time.Minute

// byTenant indexes Projects by the Tenant they belong to, byOwner generated objects by the Project or Tenant they are for.
const (
	byTenant = "tenant"
	byOwner  = "owner"
)

// Set is every informer that the controllers share. Of ComputePools and AIWorkloads, which are many, it keeps only the
// identity and the status that trimConsumer leaves. Namespaces are all of the host cluster's, for those that are not ours
// decide too; the other host informers see only what carries the managed-by label.
type Set struct {
	Tenants      tenancyinformers.TenantInformer
	Projects     tenancyinformers.ProjectInformer
	ComputePools tenancyinformers.ComputePoolInformer
	AIWorkloads  tenancyinformers.AIWorkloadInformer

	Namespaces          coreinformers.NamespaceInformer
	NetworkPolicies     networkinginformers.NetworkPolicyInformer
	ResourceQuotas      coreinformers.ResourceQuotaInformer
	LimitRanges         coreinformers.LimitRangeInformer
	ConfigMaps          coreinformers.ConfigMapInformer
	Roles               rbacinformers.RoleInformer
	RoleBindings        rbacinformers.RoleBindingInformer
	ClusterRoles        rbacinformers.ClusterRoleInformer
	ClusterRoleBindings rbacinformers.ClusterRoleBindingInformer

	tenancy         externalversions.SharedInformerFactory
	host, generated hostinformers.SharedInformerFactory
}

// New prepares the informers; none runs before Start.
func New(host kubernetes.Interface, tenancy versioned.Interface) (*Set, error) {
	s := &Set{
		tenancy: externalversions.NewSharedInformerFactoryWithOptions(tenancy, resync, externalversions.WithTransform(trim),
			externalversions.WithCustomResyncConfig(map[metav1.Object]time.Duration{&v1alpha1.ComputePool{}: 0, &v1alpha1.AIWorkload{}: 0})),
		host: hostinformers.NewSharedInformerFactoryWithOptions(host, 0, hostinformers.WithTransform(trim)),
		generated: hostinformers.NewSharedInformerFactoryWithOptions(host, 0, hostinformers.WithTransform(trim),
			hostinformers.WithTweakListOptions(func(options *metav1.ListOptions) {
				options.LabelSelector = access.LabelManagedBy + "=" + access.ManagedBy
			})),
	}
	s.Tenants = s.tenancy.Spectrocloud().V1alpha1().Tenants()
	s.Projects = s.tenancy.Spectrocloud().V1alpha1().Projects()
	s.ComputePools = s.tenancy.Spectrocloud().V1alpha1().ComputePools()
	s.AIWorkloads = s.tenancy.Spectrocloud().V1alpha1().AIWorkloads()
	s.Namespaces = s.host.Core().V1().Namespaces()
	s.NetworkPolicies = s.generated.Networking().V1().NetworkPolicies()
	s.ResourceQuotas = s.generated.Core().V1().ResourceQuotas()
	s.LimitRanges = s.generated.Core().V1().LimitRanges()
	s.ConfigMaps = s.generated.Core().V1().ConfigMaps()
	s.Roles = s.generated.Rbac().V1().Roles()
	s.RoleBindings = s.generated.Rbac().V1().RoleBindings()
	s.ClusterRoles = s.generated.Rbac().V1().ClusterRoles()
	s.ClusterRoleBindings = s.generated.Rbac().V1().ClusterRoleBindings()
	return s, s.index()
}

func (s *Set) index() error {
	if err := s.Projects.Informer().AddIndexers(cache.Indexers{byTenant: func(obj any) ([]string, error) {
		return []string{obj.(*v1alpha1.Project).Spec.TenantRef.Name}, nil
	}}); err != nil {
		return err
	}
	for _, informer := range s.generatedInformers() {
		if err := informer.AddIndexers(cache.Indexers{byOwner: func(obj any) ([]string, error) {
			object, err := meta.Accessor(obj)
			if err != nil {
				return nil, err
			}
			return []string{ownerKey(object.GetLabels())}, nil
		}}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) generatedInformers() []cache.SharedIndexInformer {
	return []cache.SharedIndexInformer{
		s.ConfigMaps.Informer(), s.Roles.Informer(), s.RoleBindings.Informer(),
		s.ClusterRoles.Informer(), s.ClusterRoleBindings.Informer(),
		s.NetworkPolicies.Informer(), s.ResourceQuotas.Informer(), s.LimitRanges.Informer(),
	}
}

func (s *Set) all() []cache.SharedIndexInformer {
	return append(s.generatedInformers(), s.Tenants.Informer(), s.Projects.Informer(), s.ComputePools.Informer(),
		s.AIWorkloads.Informer(), s.Namespaces.Informer())
}

// Start runs the informers until ctx is done; Shutdown waits for their end.
func (s *Set) Start(ctx context.Context) {
	s.tenancy.Start(ctx.Done())
	s.host.Start(ctx.Done())
	s.generated.Start(ctx.Done())
}

// Shutdown returns when every informer has ended, which takes the end of Start's context.
func (s *Set) Shutdown() {
	s.tenancy.Shutdown()
	s.host.Shutdown()
	s.generated.Shutdown()
}

// HasSynced tells whether every cache has been filled once.
func (s *Set) HasSynced() bool {
	for _, informer := range s.all() {
		if !informer.HasSynced() {
			return false
		}
	}
	return true
}

// ProjectsOf returns the names of a Tenant's Projects.
func (s *Set) ProjectsOf(tenant string) ([]string, error) {
	objects, err := s.Projects.Informer().GetIndexer().ByIndex(byTenant, tenant)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(objects))
	for _, obj := range objects {
		names = append(names, obj.(*v1alpha1.Project).Name)
	}
	return names, nil
}

// GeneratedFor returns the objects in one of the generated informers' caches that are labelled for the same Project, or
// else the same Tenant, as labels.
func GeneratedFor(indexer cache.Indexer, labels map[string]string) ([]any, error) {
	return indexer.ByIndex(byOwner, ownerKey(labels))
}

func ownerKey(labels map[string]string) string {
	if project := labels[v1alpha1.LabelProject]; project != "" {
		return "project/" + project
	}
	return "tenant/" + labels[v1alpha1.LabelTenant]
}
