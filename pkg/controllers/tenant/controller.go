// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"context"
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

// settle is how long events of generated objects, and of Projects that are merely counted, wait for more of their kind.
const settle = 100 * time.Millisecond

// Controller materializes Tenants. Its keys are their names, which are also those of their namespaces.
type Controller struct {
	Config
	queue *worker.Queue
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
	c.queue = worker.New("tenant", c.sync)
	watched := c.Watched
	for _, watch := range []struct {
		informer cache.SharedIndexInformer
		delay    time.Duration
		keys     func(metav1.Object) []string
	}{
		{watched.Tenants.Informer(), 0, KeysOfTenant},
		{watched.Projects.Informer(), settle, KeysOfProject},
		{watched.Namespaces.Informer(), settle, KeysOfNamespace},
		{watched.ConfigMaps.Informer(), settle, KeysOfRules},
		{watched.Roles.Informer(), settle, KeysOfGenerated},
		{watched.RoleBindings.Informer(), settle, KeysOfGenerated},
		{watched.ClusterRoles.Informer(), settle, KeysOfGenerated},
		{watched.ClusterRoleBindings.Informer(), settle, KeysOfGenerated},
		{watched.NetworkPolicies.Informer(), settle, KeysOfGenerated},
		{watched.LimitRanges.Informer(), settle, KeysOfGenerated},
	} {
		if err := c.queue.Watch(watch.informer, watch.delay, watch.keys); err != nil {
			return nil, err
		}
	}
	return c, c.queue.WatchChanges(watched.ResourceQuotas.Informer(), settle, informers.QuotaKeys(KeysOfGenerated))
}

// Run materializes Tenants with the given number of workers until ctx is done.
func (c *Controller) Run(ctx context.Context, workers int) { c.queue.Run(ctx, workers) }

// KeysOfTenant is the key of a Tenant.
func KeysOfTenant(tenant metav1.Object) []string { return []string{tenant.GetName()} }

// KeysOfProject is the key of the Tenant that counts the Project.
func KeysOfProject(object metav1.Object) []string {
	project, ok := object.(*v1alpha1.Project)
	if !ok {
		return nil
	}
	return []string{project.Spec.TenantRef.Name}
}

// KeysOfNamespace is the key of the Tenant that the namespace may belong to: its name decides, so that a namespace which
// stands in a Tenant's way or is handed over by a label counts as well.
func KeysOfNamespace(namespace metav1.Object) []string { return []string{namespace.GetName()} }

// KeysOfRules is the key of the Tenant in whose namespace a rule ConfigMap is.
func KeysOfRules(configMap metav1.Object) []string {
	for _, tier := range access.Tiers {
		if configMap.GetName() == tier.ConfigMap() {
			return []string{configMap.GetNamespace()}
		}
	}
	return nil
}

// KeysOfGenerated is the key of the Tenant that an object was generated for, by its label; none for a Project's.
func KeysOfGenerated(object metav1.Object) []string {
	labels := object.GetLabels()
	if name := labels[v1alpha1.LabelTenant]; name != "" && labels[v1alpha1.LabelProject] == "" {
		return []string{name}
	}
	return nil
}
