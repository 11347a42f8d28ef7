// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
	"spectrocloud.com/tenancy/pkg/controllers/grant"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/rules"
	"spectrocloud.com/tenancy/pkg/controllers/worker"
)

// settle is how long events of generated objects wait for more of their kind: a new Project causes a dozen.
const settle = 50 * time.Millisecond

// linger is the same for what is deleted with a Project, which may be thousands.
const linger = 250 * time.Millisecond

// Controller materializes Projects. Its keys are their names, which are also those of their namespaces.
type Controller struct {
	Config
	queue     *worker.Queue
	inherited sync.Map // What the access of each Project took from its Tenant at its last sync, an inherited by the Project's name.
}

// Config is what the controller works with.
type Config struct {
	Client          versioned.Interface
	Watched         *informers.Set
	Namespaces      *claim.Namespaces
	Grants          *grant.Grants
	Rules           *rules.ConfigMaps
	Recorder        events.EventRecorder
	SystemNamespace string
	FieldManager    string
}

// New returns the controller, its handlers registered with the informers.
func New(config Config) (*Controller, error) {
	c := &Controller{Config: config}
	c.queue = worker.New("project", c.sync)
	watched := c.Watched
	for _, watch := range []struct {
		informer cache.SharedIndexInformer
		delay    time.Duration
		keys     func(metav1.Object) []string
	}{
		{watched.Projects.Informer(), 0, KeysOfProject},
		{watched.Namespaces.Informer(), settle, func(o metav1.Object) []string {
			return append(KeysOfNamespace(o), c.projectsOf(TenantOfNamespace(o))...)
		}},
		{watched.ConfigMaps.Informer(), settle, func(o metav1.Object) []string { return c.projectsOf(TenantOfRules(o)) }},
		{watched.Roles.Informer(), settle, KeysOfGenerated},
		{watched.RoleBindings.Informer(), settle, KeysOfGenerated},
		{watched.NetworkPolicies.Informer(), settle, KeysOfGenerated},
		{watched.LimitRanges.Informer(), settle, KeysOfGenerated},
		{watched.ComputePools.Informer(), linger, c.deletedProject},
		{watched.AIWorkloads.Informer(), linger, c.deletedProject},
	} {
		if err := c.queue.Watch(watch.informer, watch.delay, watch.keys); err != nil {
			return nil, err
		}
	}
	if err := c.queue.WatchChanges(watched.ResourceQuotas.Informer(), settle, informers.QuotaKeys(KeysOfGenerated)); err != nil {
		return nil, err
	}
	return c, c.queue.WatchChanges(watched.Tenants.Informer(), 0, c.projectsOfTenant)
}

// Run materializes Projects with the given number of workers until ctx is done.
func (c *Controller) Run(ctx context.Context, workers int) { c.queue.Run(ctx, workers) }

// KeysOfProject is the key of a Project.
func KeysOfProject(project metav1.Object) []string { return []string{project.GetName()} }

// KeysOfNamespace is the key of the Project that the namespace may belong to: its name decides, so that a namespace which
// stands in a Project's way or is handed over by a label counts as well.
func KeysOfNamespace(namespace metav1.Object) []string { return []string{namespace.GetName()} }

// KeysOfGenerated is the key of the Project that an object was generated for, by its label.
func KeysOfGenerated(object metav1.Object) []string {
	if name := object.GetLabels()[v1alpha1.LabelProject]; name != "" {
		return []string{name}
	}
	return nil
}

// TenantOfNamespace is the Tenant whose rules count from the moment that it holds the namespace: "" for most namespaces.
func TenantOfNamespace(namespace metav1.Object) string {
	labels := namespace.GetLabels()
	if labels[v1alpha1.LabelTenant] != namespace.GetName() || labels[v1alpha1.LabelProject] != "" {
		return ""
	}
	return namespace.GetName()
}

// TenantOfRules is the Tenant whose Projects a ConfigMap has the rules of: "" for other ConfigMaps. Its place decides, not
// a label that anyone who may write ConfigMaps can set.
func TenantOfRules(configMap metav1.Object) string {
	for _, tier := range access.Tiers {
		if configMap.GetName() == tier.ConfigMap() {
			return configMap.GetNamespace()
		}
	}
	return ""
}

// deletedProject is the key of the Project that a ComputePool or AIWorkload is in, while that is being deleted and waits for
// them to go.
func (c *Controller) deletedProject(consumer metav1.Object) []string {
	name := consumer.GetNamespace()
	project, err := c.Watched.Projects.Lister().Projects(name).Get(name)
	if err != nil || project.DeletionTimestamp.IsZero() {
		return nil
	}
	return []string{name}
}

// projectsOfTenant are those of a Tenant that is new, gone, or has another spec. Its status, which often changes with its
// Projects, is nothing to them.
func (c *Controller) projectsOfTenant(old, updated metav1.Object) []string {
	switch {
	case old == nil:
		return c.projectsOf(updated.GetName())
	case updated == nil || old.GetGeneration() != updated.GetGeneration() || old.GetUID() != updated.GetUID():
		return c.projectsOf(old.GetName())
	default:
		return nil
	}
}

func (c *Controller) projectsOf(tenant string) []string {
	if tenant == "" {
		return nil
	}
	names, err := c.Watched.ProjectsOf(tenant)
	if err != nil { // The index is missing: a mistake in the program that the first test would show.
		return nil
	}
	return names
}
