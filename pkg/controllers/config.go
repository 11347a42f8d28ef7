// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	hostscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/events"
	componentconfig "k8s.io/component-base/config"
	"k8s.io/utils/clock"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	tenancyscheme "spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
	"spectrocloud.com/tenancy/pkg/controllers/announce"
	"spectrocloud.com/tenancy/pkg/controllers/certificates"
	"spectrocloud.com/tenancy/pkg/controllers/claim"
	"spectrocloud.com/tenancy/pkg/controllers/defaults"
	"spectrocloud.com/tenancy/pkg/controllers/grant"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/orphan"
	"spectrocloud.com/tenancy/pkg/controllers/project"
	"spectrocloud.com/tenancy/pkg/controllers/rules"
	"spectrocloud.com/tenancy/pkg/controllers/tenant"
	"spectrocloud.com/tenancy/pkg/controllers/usage"
)

// Config is the program put together: nothing has been asked of a server yet, and nothing runs before Run.
type Config struct {
	host           kubernetes.Interface
	tenancy        versioned.Interface
	elector        kubernetes.Interface // Its own limits, so that a busy controller does not lose the lease.
	events         events.EventBroadcaster
	watched        *informers.Set
	inSight        chan struct{}            // Closed when our API is there and watched runs.
	certificates   *certificates.Controller // Nil where somebody else takes care of certificates.
	rules          *rules.ConfigMaps
	tenants        *tenant.Controller
	projects       *project.Controller
	orphans        *orphan.Controller
	usage          *usage.Controller
	announcements  *announce.Controller
	defaults       *defaults.Controller
	concurrent     int
	election       componentconfig.LeaderElectionConfiguration
	serving        *server.SecureServingInfo
	authentication server.AuthenticationInfo
	authorization  server.AuthorizationInfo
}

// NewConfig makes clients, caches and controllers from completed options.
func NewConfig(o *Options) (*Config, error) {
	restConfig, err := clientcmd.BuildConfigFromFlags("", o.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("find the host cluster: %w", err)
	}
	restConfig.QPS, restConfig.Burst = o.QPS, o.Burst
	restConfig.ContentType, restConfig.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	rest.AddUserAgent(restConfig, Name)
	c := &Config{concurrent: o.ConcurrentSyncs, election: o.LeaderElection, inSight: make(chan struct{})}
	if c.host, err = kubernetes.NewForConfig(restConfig); err != nil {
		return nil, err
	}
	electorConfig := rest.AddUserAgent(rest.CopyConfig(restConfig), "leader-election")
	electorConfig.Timeout = o.LeaderElection.RenewDeadline.Duration / 2 // One lost request must not lose the lease.
	if c.elector, err = kubernetes.NewForConfig(electorConfig); err != nil {
		return nil, err
	}
	if c.tenancy, err = versioned.NewForConfig(restConfig); err != nil {
		return nil, err
	}
	if err := c.addControllers(o, restConfig); err != nil {
		return nil, err
	}
	return c, c.addServing(o)
}

func (c *Config) addControllers(o *Options, restConfig *rest.Config) (err error) {
	tenancy := c.tenancy
	scheme := runtime.NewScheme()
	utilruntime.Must(hostscheme.AddToScheme(scheme))
	utilruntime.Must(tenancyscheme.AddToScheme(scheme))
	c.events = events.NewBroadcaster(&events.EventSinkImpl{Interface: c.host.EventsV1()})
	recorder := c.events.NewRecorder(scheme, Name)
	if c.watched, err = informers.New(c.host, tenancy); err != nil {
		return err
	}
	namespaces := claim.New(c.host.CoreV1().Namespaces(), c.watched.Namespaces.Lister(), o.SystemNamespace, Name)
	grants := grant.New(c.host, c.watched, Name)
	c.rules = rules.New(c.host, c.watched.ConfigMaps.Lister(), c.watched.Namespaces.Lister(), o.SystemNamespace, Name)
	config := tenant.Config{
		Client: tenancy, Watched: c.watched, Namespaces: namespaces, Grants: grants, Rules: c.rules,
		Recorder: recorder, SystemNamespace: o.SystemNamespace, FieldManager: Name,
	}
	if c.tenants, err = tenant.New(config); err != nil {
		return err
	}
	if c.projects, err = project.New(project.Config(config)); err != nil {
		return err
	}
	if c.orphans, err = orphan.New(c.host, tenancy, c.watched, recorder); err != nil {
		return err
	}
	if c.usage, err = usage.New(usage.Config{
		Client: tenancy, Watched: c.watched, Recorder: recorder, FieldManager: Name + "-gpuusage",
	}); err != nil {
		return err
	}
	if c.announcements, err = announce.New(c.watched, recorder); err != nil {
		return err
	}
	c.defaults, err = defaults.New(defaults.Config{
		Host: c.host, Tenancy: tenancy, SystemNamespace: o.SystemNamespace, Workspace: o.SystemDefaultResources, FieldManager: Name,
	})
	if err != nil || o.Certificates.Service == "" {
		return err
	}
	return c.addCertificates(o.Certificates, restConfig, recorder)
}

func (c *Config) addCertificates(policy certificates.Policy, restConfig *rest.Config, recorder events.EventRecorder) error {
	objects, err := dynamic.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	changes, err := metadata.NewForConfig(restConfig)
	if err != nil {
		return err
	}
	c.certificates = certificates.New(certificates.Config{
		Policy: policy, Host: c.host, Dynamic: objects, Metadata: changes, Recorder: recorder,
		FieldManager: Name + "-certificates", Clock: clock.RealClock{},
	})
	return nil
}

func (c *Config) addServing(o *Options) error {
	var loopback *rest.Config
	if err := o.SecureServing.ApplyTo(&c.serving, &loopback); err != nil {
		return err
	}
	if c.serving == nil {
		return nil // --secure-port=0
	}
	if o.Certificates.Service != "" && o.SecureServing.ServerCert.CertKey.CertFile == "" {
		content, err := certificates.NewContent(c.host, o.Certificates, c.serving.Cert)
		if err != nil {
			return err
		}
		c.serving.Cert = content
	}
	if err := o.Authentication.ApplyTo(&c.authentication, c.serving, nil); err != nil {
		return err
	}
	return o.Authorization.ApplyTo(&c.authorization)
}
