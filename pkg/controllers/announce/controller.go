// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// action is what the events say was done.
const action = "Admit"

// Controller sends the events.
type Controller struct {
	watched  *informers.Set
	recorder events.EventRecorder
	budget   *budget
	synced   []cache.InformerSynced
	leading  atomic.Bool
}

// New returns the controller, its handlers registered with the informers.
func New(watched *informers.Set, recorder events.EventRecorder) (*Controller, error) {
	c := &Controller{watched: watched, recorder: recorder, budget: newBudget(clock.RealClock{})}
	for _, informer := range []cache.SharedIndexInformer{watched.ComputePools.Informer(), watched.AIWorkloads.Informer()} {
		registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(obj any) { c.changed(nil, obj) }, UpdateFunc: c.changed,
		})
		if err != nil {
			return nil, err
		}
		c.synced = append(c.synced, registration.HasSynced)
	}
	return c, nil
}

// Run sends events of what happens until ctx is done. What the informers read before it is old.
func (c *Controller) Run(ctx context.Context) {
	if !cache.WaitForNamedCacheSyncWithContext(ctx, c.synced...) {
		return
	}
	c.leading.Store(true)
	defer c.leading.Store(false)
	wait.UntilWithContext(ctx, func(context.Context) { c.summarize() }, summaryInterval)
}

// changed sends an event if what became of the object's request is news: old is nil for a new object.
func (c *Controller) changed(old, updated any) {
	reason, message := outcome(updated)
	if before, _ := outcome(old); !c.leading.Load() || reason == "" || reason == before {
		return
	}
	object, ok := updated.(consumer)
	if !ok {
		return
	}
	project, err := c.watched.Projects.Lister().Projects(object.GetNamespace()).Get(object.GetNamespace())
	if err == nil && !project.DeletionTimestamp.IsZero() {
		return // Its namespace may take no events any more.
	}
	if c.budget.spend(object, reason) {
		c.recorder.Eventf(object, nil, corev1.EventTypeNormal, reason, action, "%s", status.Clip(message))
	}
}

// consumer is a *v1alpha1.ComputePool or *v1alpha1.AIWorkload.
type consumer interface {
	metav1.Object
	runtime.Object
}

// outcomes are the reasons of the events, by that of the condition. A request that asks for no GPUs of its own is no news.
var outcomes = map[string]string{"Reserved": status.Admitted, "Waiting": status.Waiting, "Suspended": status.Suspended}

// outcome is what became of the request of a consumer, "" where that is not decided or no news.
func outcome(obj any) (reason, message string) {
	var conditions []metav1.Condition
	switch object := obj.(type) {
	case *v1alpha1.ComputePool:
		conditions = object.Status.Conditions
	case *v1alpha1.AIWorkload:
		conditions = object.Status.Conditions
	}
	condition := meta.FindStatusCondition(conditions, v1alpha1.ConditionQuotaReserved)
	if condition == nil {
		return "", ""
	}
	return outcomes[condition.Reason], condition.Message
}

// summarize sends an event on each Project whose consumers had more news than events.
func (c *Controller) summarize() {
	for namespace, unsent := range c.budget.settle() {
		project, err := c.watched.Projects.Lister().Projects(namespace).Get(namespace)
		if err != nil || !project.DeletionTimestamp.IsZero() {
			continue
		}
		// The last of them makes this event another one than the summary before, which would else only be counted up.
		c.recorder.Eventf(project, unsent.last, corev1.EventTypeNormal, status.ManyAnswered, action, "%s", unsent.String())
	}
}

// String says what was not said one by one.
func (u unsent) String() string {
	return fmt.Sprintf("GPU requests decided in the last %s without an event of their own: %d admitted, %d waiting, %d suspended; the condition %s of each says more",
		summaryInterval/time.Second*time.Second, u.count[status.Admitted], u.count[status.Waiting], u.count[status.Suspended], v1alpha1.ConditionQuotaReserved)
}
