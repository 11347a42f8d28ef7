// SPDX-License-Identifier: Apache-2.0

package orphan

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/status"
	"spectrocloud.com/tenancy/pkg/controllers/worker"
)

// settle is how long a namespace may be without its owner before it is looked at: the two are watched separately, and an
// owner that has just been finalized is gone before its namespace is.
const settle = 2 * time.Second

var orphaned = metrics.NewGauge(&metrics.GaugeOpts{
	Subsystem:      "tenancy",
	Name:           "orphaned_namespaces",
	Help:           "Number of namespaces that are marked as those of a Tenant or Project which can't be found. They are never removed automatically.",
	StabilityLevel: metrics.ALPHA,
})

func init() { legacyregistry.MustRegister(orphaned) }

// Controller reports orphaned namespaces. Its keys are namespace names.
type Controller struct {
	host     kubernetes.Interface
	tenancy  versioned.Interface
	watched  *informers.Set
	recorder events.EventRecorder
	queue    *worker.Queue

	lock     sync.Mutex
	reported sets.Set[string]
}

// New returns the controller, its handlers registered with the informers.
func New(host kubernetes.Interface, tenancy versioned.Interface, watched *informers.Set, recorder events.EventRecorder) (*Controller, error) {
	c := &Controller{host: host, tenancy: tenancy, watched: watched, recorder: recorder, reported: sets.New[string]()}
	c.queue = worker.New("orphan", c.sync)
	name := func(object metav1.Object) []string { return []string{object.GetName()} }
	for _, watch := range []struct {
		informer cache.SharedIndexInformer
		keys     func(metav1.Object) []string
	}{
		{watched.Namespaces.Informer(), KeysOfNamespace},
		{watched.Tenants.Informer(), name},
		{watched.Projects.Informer(), name},
	} {
		if err := c.queue.Watch(watch.informer, settle, watch.keys); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Run looks for orphans, one namespace at a time, until ctx is done.
func (c *Controller) Run(ctx context.Context) { c.queue.Run(ctx, 1) }

// KeysOfNamespace is the key of a namespace that is marked as someone's.
func KeysOfNamespace(namespace metav1.Object) []string {
	if namespace.GetAnnotations()[v1alpha1.AnnotationOwnerUID] == "" {
		return nil
	}
	return []string{namespace.GetName()}
}

func (c *Controller) sync(ctx context.Context, name string) error {
	namespace, err := c.watched.Namespaces.Lister().Get(name)
	if err == nil && c.owned(namespace) || apierrors.IsNotFound(err) {
		c.report(name, false)
		return nil
	}
	if err != nil {
		return err
	}
	orphan, err := c.confirm(ctx, name)
	if err != nil {
		return err
	}
	if c.report(name, orphan) {
		klog.FromContext(ctx).Info("A namespace is marked as that of a Tenant or Project which can't be found; it is left alone", "namespace", name)
		c.recorder.Eventf(namespace, nil, corev1.EventTypeWarning, status.NamespaceOrphaned, "Report",
			"The Tenant or Project with UID %s can't be found. The namespace is left alone: restore its owner, or delete the namespace, or remove annotation %s from it",
			namespace.Annotations[v1alpha1.AnnotationOwnerUID], v1alpha1.AnnotationOwnerUID)
	}
	return nil
}

// owned tells from the caches whether the namespace's owner is known, or the namespace is nobody's or going.
func (c *Controller) owned(namespace *corev1.Namespace) bool {
	uid := types.UID(namespace.Annotations[v1alpha1.AnnotationOwnerUID])
	if uid == "" || !namespace.DeletionTimestamp.IsZero() {
		return true
	}
	if tenant, err := c.watched.Tenants.Lister().Get(namespace.Name); err == nil && tenant.UID == uid {
		return true
	}
	project, err := c.watched.Projects.Lister().Projects(namespace.Name).Get(namespace.Name)
	return err == nil && project.UID == uid
}

// confirm asks the servers before an alarm is raised on the word of a cache.
func (c *Controller) confirm(ctx context.Context, name string) (orphan bool, err error) {
	namespace, err := c.host.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	uid := types.UID(namespace.Annotations[v1alpha1.AnnotationOwnerUID])
	if uid == "" || !namespace.DeletionTimestamp.IsZero() {
		return false, nil
	}
	tenant, err := c.tenancy.SpectrocloudV1alpha1().Tenants().Get(ctx, name, metav1.GetOptions{})
	if err == nil && tenant.UID == uid {
		return false, nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return false, err
	}
	project, err := c.tenancy.SpectrocloudV1alpha1().Projects(name).Get(ctx, name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, err
	}
	return err != nil || project.UID != uid, nil
}

// report keeps the metric, and tells whether the namespace has just become an orphan.
func (c *Controller) report(name string, orphan bool) (news bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	news = orphan && !c.reported.Has(name)
	if orphan {
		c.reported.Insert(name)
	} else {
		c.reported.Delete(name)
	}
	orphaned.Set(float64(c.reported.Len()))
	return news
}
