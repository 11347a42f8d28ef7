// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"spectrocloud.com/tenancy/pkg/controllers/worker"
)

// Looks begin no closer to each other than this, after a few in a row: somebody who undoes what is done, or writes all the
// time, must not set the pace.
const (
	looksPerSecond = 1
	looksInARow    = 10
)

// undone is how soon the same bundle is not written again, unless somebody undoes it.
const undone = time.Minute

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

// Controller keeps certificates and bundles as the Policy wants them. Its one key is the name of the Service.
type Controller struct {
	Config
	queue     *worker.Queue
	pace      flowcontrol.RateLimiter
	foreign   map[string]string      // The services that APIServices which are not ours point to, by name, as was reported.
	published map[string]publication // The last of each APIService.
}

// publication is what was written into an APIService, and when.
type publication struct {
	bundle []byte
	when   time.Time
}

// New returns the controller.
func New(config Config) *Controller {
	c := &Controller{
		Config: config, pace: flowcontrol.NewTokenBucketRateLimiter(looksPerSecond, looksInARow),
		foreign: map[string]string{}, published: map[string]publication{},
	}
	c.queue = worker.New("certificates", c.sync)
	return c
}

// Run looks at what there is whenever something of it changes, and when it is time, until ctx is done.
func (c *Controller) Run(ctx context.Context) {
	log := klog.FromContext(ctx).WithValues("controller", "certificates")
	log.Info("Keeping certificates", "service", klog.KRef(c.Namespace, c.Service), "lifetime", c.Lifetime, "caLifetime", c.CALifetime)
	if c.Lifetime < time.Hour {
		log.Info("Certificates live shorter than Secrets may take to reach a Pod, which is for tests only", "lifetime", c.Lifetime)
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	for _, informer := range c.informers() {
		watching.Go(func() { informer.RunWithContext(ctx) })
	}
	c.queue.AddAfter(c.Service, 0) // Whatever the informers can see.
	c.queue.Run(ctx, 1)
}

// informers tell of changes. What changed is read from the server, which knows better than any cache whether it is us who
// lead. They hold metadata only, so no key is kept in memory for it.
func (c *Controller) informers() []cache.SharedIndexInformer {
	var all []cache.SharedIndexInformer
	watch := func(resource schema.GroupVersionResource, namespace, name string) {
		informer := metadatainformer.NewFilteredMetadataInformer(c.Metadata, resource, namespace, 0, nil, func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()
		}).Informer()
		changed := func() { c.queue.AddAfter(c.Service, 0) }
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
