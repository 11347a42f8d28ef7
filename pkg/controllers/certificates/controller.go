// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"math"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
)

// retries are the waits after passes that failed. Service may depend on the next one, so that they stay short.
var retries = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Cap: 10 * time.Second, Steps: math.MaxInt32}

// AuthoritySecret is the name of the Secret that holds the CAs and their keys.
const AuthoritySecret = "tenancy-ca"

// ServingSecret is the name of the Secret that tenancy-apiserver behind that Service serves with.
func ServingSecret(service string) string { return service + "-tls" }

// apiServiceNames are the APIServices by which kube-apiserver passes on requests for our group.
var apiServiceNames = []string{"v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com"}

var (
	secrets     = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
)

// Config is what the controller works with. No other controller may use its FieldManager.
type Config struct {
	Policy
	Host         kubernetes.Interface
	Dynamic      dynamic.Interface
	Metadata     metadata.Interface
	Recorder     events.EventRecorder
	FieldManager string
	Clock        clock.PassiveClock
}

// Controller keeps certificates and bundles as the Policy wants them.
type Controller struct {
	Config
	wake    chan struct{}
	foreign map[string]string // The services that APIServices which are not ours point to, by name, as was reported.
}

// New returns the controller.
func New(config Config) *Controller {
	return &Controller{Config: config, wake: make(chan struct{}, 1), foreign: map[string]string{}}
}

// Run looks at what there is whenever something of it changes, and when it is time, until ctx is done.
func (c *Controller) Run(ctx context.Context) {
	log := klog.FromContext(ctx).WithValues("controller", "certificates")
	ctx = klog.NewContext(ctx, log)
	log.Info("Keeping certificates", "service", klog.KRef(c.Namespace, c.Service), "lifetime", c.Lifetime, "caLifetime", c.CALifetime)
	if c.Lifetime < time.Hour {
		log.Info("Certificates live shorter than Secrets may take to reach a Pod, which is for tests only", "lifetime", c.Lifetime)
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	for _, informer := range c.informers() {
		watching.Go(func() { informer.RunWithContext(ctx) })
	}
	backoff := retries
	for ctx.Err() == nil {
		pause, err := c.sync(ctx)
		switch {
		case err == nil:
			backoff = retries
		case ctx.Err() != nil:
		case apierrors.IsConflict(err): // What was looked at has changed since.
			log.V(4).Info("Looking again after a conflict", "err", err)
			pause = backoff.Step()
		default:
			utilruntime.HandleErrorWithContext(ctx, err, "The certificates can't be kept and are looked at again")
			pause = backoff.Step()
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-c.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// informers tell of changes. What changed is read from the server, which knows better than any cache whether it is us who
// lead. They hold metadata only, so no key is kept in memory for it.
func (c *Controller) informers() []cache.SharedIndexInformer {
	var all []cache.SharedIndexInformer
	watch := func(resource schema.GroupVersionResource, namespace, name string) {
		informer := metadatainformer.NewFilteredMetadataInformer(c.Metadata, resource, namespace, 0, nil, func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()
		}).Informer()
		changed := func() {
			select {
			case c.wake <- struct{}{}:
			default: // It is to wake up already.
			}
		}
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { changed() }, UpdateFunc: func(any, any) { changed() }, DeleteFunc: func(any) { changed() },
		})
		utilruntime.HandleError(err) // Of an informer that has ended, which this one has not.
		all = append(all, informer)
	}
	watch(secrets, c.Namespace, AuthoritySecret)
	watch(secrets, c.Namespace, ServingSecret(c.Service))
	for _, name := range apiServiceNames {
		watch(apiServices, metav1.NamespaceAll, name)
	}
	return all
}
