// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/worker"
)

// settle is how long a change waits for more of them. While they keep coming, a status is written once in that time.
const settle = 250 * time.Millisecond

// What keys begin with; the name of the Tenant or Project follows.
const (
	tenantKey  = "tenant/"
	projectKey = "project/"
)

// Controller writes GPU usage into the status of Tenants and Projects.
type Controller struct {
	Config
	queue *worker.Queue
}

// Config is what the controller works with. No other controller may use its FieldManager.
type Config struct {
	Client       versioned.Interface
	Watched      *informers.Set
	Recorder     events.EventRecorder
	FieldManager string
}

// New returns the controller, its handlers registered with the informers.
func New(config Config) (*Controller, error) {
	c := &Controller{Config: config}
	c.queue = worker.New("gpuusage", c.sync)
	oldest.watched.Store(c.Watched)
	for _, watch := range []struct {
		informer cache.SharedIndexInformer
		keys     func(old, updated metav1.Object) []string
	}{
		{c.Watched.Tenants.Informer(), c.keysOfTenant},
		{c.Watched.Projects.Informer(), keysOfProject},
		{c.Watched.ComputePools.Informer(), c.keysOfConsumer},
		{c.Watched.AIWorkloads.Informer(), c.keysOfConsumer},
	} {
		if err := c.queue.WatchChanges(watch.informer, settle, watch.keys); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Run writes statuses with the given number of workers until ctx is done.
func (c *Controller) Run(ctx context.Context, workers int) { c.queue.Run(ctx, workers) }

// keysOfTenant are the Tenant, and where its limits are new its Projects, whose limits they may be.
func (c *Controller) keysOfTenant(old, updated metav1.Object) []string {
	name := either(old, updated).GetName()
	keys := []string{tenantKey + name}
	if !relimited(old, updated) {
		return keys
	}
	projects, err := c.Watched.ProjectsOf(name)
	if err != nil { // The index is missing: a mistake in the program that the first test would show.
		return keys
	}
	for _, project := range projects {
		keys = append(keys, projectKey+project)
	}
	return keys
}

// keysOfProject are the Project unless something else of it has changed, and its Tenant where the Project comes or goes.
func keysOfProject(old, updated metav1.Object) []string {
	project, ok := either(old, updated).(*v1alpha1.Project)
	if !ok {
		return nil
	}
	if respecified(old, updated) {
		return []string{projectKey + project.Name, tenantKey + project.Spec.TenantRef.Name}
	}
	if othersWrote(old.(*v1alpha1.Project), project) {
		return nil
	}
	return []string{projectKey + project.Name}
}

// othersWrote tells whether what is new in a Project's status is not what is written here. A resync is nothing new.
func othersWrote(old, updated *v1alpha1.Project) bool {
	was := meta.FindStatusCondition(old.Status.Conditions, v1alpha1.ConditionOversubscribed)
	return old.ResourceVersion != updated.ResourceVersion && was != nil && has(updated.Status.Conditions, *was) &&
		equality.Semantic.DeepEqual(old.Status.GPUUsage, updated.Status.GPUUsage)
}

// keysOfConsumer are the Project that the ComputePool or AIWorkload is in, and its Tenant. A Project that the cache does not
// have yet brings its Tenant along when it comes.
func (c *Controller) keysOfConsumer(old, updated metav1.Object) []string {
	name := either(old, updated).GetNamespace()
	keys := []string{projectKey + name}
	if project, err := c.Watched.Projects.Lister().Projects(name).Get(name); err == nil {
		keys = append(keys, tenantKey+project.Spec.TenantRef.Name)
	}
	return keys
}

func either(old, updated metav1.Object) metav1.Object {
	if updated != nil {
		return updated
	}
	return old
}

// respecified tells whether an object is new, gone, or has another spec: its status, which is written here, may change often.
func respecified(old, updated metav1.Object) bool {
	return old == nil || updated == nil || old.GetGeneration() != updated.GetGeneration() || old.GetUID() != updated.GetUID()
}

// relimited tells whether a Tenant is new, gone, or has other limits.
func relimited(old, updated metav1.Object) bool {
	before, was := old.(*v1alpha1.Tenant)
	after, is := updated.(*v1alpha1.Tenant)
	return !was || !is || before.UID != after.UID || !equality.Semantic.DeepEqual(before.Spec.GPUResources, after.Spec.GPUResources)
}

func (c *Controller) sync(ctx context.Context, key string) error {
	step := c.syncProject
	name, tenant := strings.CutPrefix(key, tenantKey)
	if tenant {
		step = c.syncTenant
	} else {
		name = strings.TrimPrefix(key, projectKey)
	}
	err := step(ctx, name)
	if apierrors.IsNotFound(err) {
		return nil // It is gone; an informer that has not heard of it yet brings the key back.
	}
	return err
}
