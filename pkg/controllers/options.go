// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/server"
	serveroptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/cli/globalflag"
	componentconfig "k8s.io/component-base/config"
	"k8s.io/component-base/config/options"
	componentconfigv1alpha1 "k8s.io/component-base/config/v1alpha1"
	configvalidation "k8s.io/component-base/config/validation"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	"spectrocloud.com/tenancy/pkg/controllers/certificates"
)

// Name is the program's: of its lease, in the user agent of its requests, on its events, and as the manager of the fields
// that it applies.
const Name = "tenancy-controller-manager"

// minCertificateLifetime is as short as a test can follow. What is sensible is longer, and said in the flag.
const minCertificateLifetime = 10 * time.Second

// Options are the program's flags.
type Options struct {
	Kubeconfig      string
	SystemNamespace string
	ConcurrentSyncs int
	QPS             float32
	Burst           int
	// SystemDefaultResources creates a Tenant and a Project to begin with.
	SystemDefaultResources bool
	// Certificates are those of tenancy-apiserver; without a Service somebody else takes care of them.
	Certificates certificates.Policy

	LeaderElection componentconfig.LeaderElectionConfiguration
	SecureServing  *serveroptions.SecureServingOptionsWithLoopback
	Authentication *serveroptions.DelegatingAuthenticationOptions
	Authorization  *serveroptions.DelegatingAuthorizationOptions
	Logs           *logsapi.LoggingConfiguration
}

// NewOptions returns the defaults. The client limits let a burst of Projects through at the pace of the API server, whose
// priority and fairness is what protects it.
func NewOptions() (*Options, error) {
	election := componentconfigv1alpha1.LeaderElectionConfiguration{ResourceName: Name, ResourceLock: resourcelock.LeasesResourceLock}
	componentconfigv1alpha1.RecommendedDefaultLeaderElectionConfiguration(&election)
	o := &Options{
		SystemNamespace: "palette-system",
		ConcurrentSyncs: 16,
		QPS:             2000,
		Burst:           4000,
		SecureServing:   serveroptions.NewSecureServingOptions().WithLoopback(),
		Authentication:  serveroptions.NewDelegatingAuthenticationOptions(),
		Authorization:   serveroptions.NewDelegatingAuthorizationOptions().WithAlwaysAllowPaths("/healthz", "/livez", "/readyz"),
		Logs:            logsapi.NewLoggingConfiguration(),

		SystemDefaultResources: true,
		Certificates:           certificates.Policy{AlsoService: Name, Lifetime: 90 * 24 * time.Hour, CALifetime: 3650 * 24 * time.Hour},
	}
	o.SecureServing.BindPort = 10258
	// A self-signed certificate, for a first try without one, is kept in memory.
	o.SecureServing.ServerCert.CertDirectory, o.SecureServing.ServerCert.PairName = "", Name
	o.Authentication.RemoteKubeConfigFileOptional = true
	o.Authentication.TolerateInClusterLookupFailure = true
	o.Authorization.RemoteKubeConfigFileOptional = true
	return o, componentconfigv1alpha1.Convert_v1alpha1_LeaderElectionConfiguration_To_config_LeaderElectionConfiguration(&election, &o.LeaderElection, nil)
}

// Flags returns the flags in the sections that --help prints.
func (o *Options) Flags() (sections cliflag.NamedFlagSets) {
	o.addFlags(sections.FlagSet("controllers"))
	o.addCertificateFlags(sections.FlagSet("certificates"))
	options.BindLeaderElectionFlags(&o.LeaderElection, sections.FlagSet("leader election"))
	o.SecureServing.AddFlags(sections.FlagSet("secure serving"))
	o.Authentication.AddFlags(sections.FlagSet("authentication"))
	o.Authorization.AddFlags(sections.FlagSet("authorization"))
	logsapi.AddFlags(o.Logs, sections.FlagSet("logs"))
	sections.FlagSet("global").Bool("version", false, "Print the version of the program and quit.") // As the command has it.
	globalflag.AddGlobalFlags(sections.FlagSet("global"), Name, logs.SkipLoggingConfigurationFlags())
	return sections
}

func (o *Options) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Kubeconfig, "kubeconfig", o.Kubeconfig, "Kubeconfig of the host cluster, which also serves spectrocloud.com. Without it the service account of the pod is used.")
	flags.StringVar(&o.SystemNamespace, "system-namespace", o.SystemNamespace, "Namespace of the platform: of rule templates, system definitions and the lease. No Tenant or Project can claim it.")
	flags.BoolVar(&o.SystemDefaultResources, "system-default-resources", o.SystemDefaultResources, "Create a Tenant and a Project to begin with, default-tenant and default-project, which the group admin manages. Each is created once: who deletes it is rid of it.")
	flags.IntVar(&o.ConcurrentSyncs, "concurrent-syncs", o.ConcurrentSyncs, "Number of Projects, of Tenants, and of their GPU usages, that are worked on at the same time.")
	flags.Float32Var(&o.QPS, "kube-api-qps", o.QPS, "Requests per second to the host cluster, and to spectrocloud.com.")
	flags.IntVar(&o.Burst, "kube-api-burst", o.Burst, "Requests that may go beyond --kube-api-qps at once.")
}

func (o *Options) addCertificateFlags(flags *pflag.FlagSet) {
	c := &o.Certificates
	flags.StringVar(&c.Service, "serving-certificate-service", c.Service, "Service of tenancy-apiserver, to make its serving certificate and a CA for it, to publish that CA in the APIServices, and to replace both before they expire. They are kept in Secrets SERVICE-tls and "+certificates.AuthoritySecret+". Without it somebody else takes care of certificates.")
	flags.StringVar(&c.Namespace, "serving-certificate-namespace", c.Namespace, "Namespace of the Service and of the Secrets; $POD_NAMESPACE by default.")
	flags.DurationVar(&c.Lifetime, "serving-certificate-lifetime", c.Lifetime, "How long a serving certificate is valid. It is replaced after two thirds of that. Below an hour it may expire before it has reached every Pod.")
	flags.DurationVar(&c.CALifetime, "serving-ca-lifetime", c.CALifetime, "How long a CA of serving certificates is valid, at least three times as long as they are. It is replaced after two thirds of that.")
}

// Complete fills in what follows from other flags.
func (o *Options) Complete() error {
	if o.LeaderElection.ResourceNamespace == "" {
		o.LeaderElection.ResourceNamespace = o.SystemNamespace
	}
	if o.Authentication.RemoteKubeConfigFile == "" {
		o.Authentication.RemoteKubeConfigFile = o.Kubeconfig
	}
	if o.Authorization.RemoteKubeConfigFile == "" {
		o.Authorization.RemoteKubeConfigFile = o.Kubeconfig
	}
	if o.Certificates.Namespace == "" {
		o.Certificates.Namespace = os.Getenv("POD_NAMESPACE")
	}
	return o.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil)
}

// Validate says what is wrong with the flags, all of it.
func (o *Options) Validate() error {
	var errs []error
	if problems := validation.IsDNS1123Label(o.SystemNamespace); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--system-namespace %q is not a namespace's name: %v", o.SystemNamespace, problems))
	}
	if o.ConcurrentSyncs < 1 {
		errs = append(errs, fmt.Errorf("--concurrent-syncs is %d and must be at least 1", o.ConcurrentSyncs))
	}
	if o.QPS <= 0 || o.Burst < 1 {
		errs = append(errs, errors.New("--kube-api-qps and --kube-api-burst must be above zero"))
	}
	errs = append(errs, o.validateCertificates()...)
	for _, err := range configvalidation.ValidateLeaderElectionConfiguration(&o.LeaderElection, field.NewPath("--leader-elect")) {
		errs = append(errs, err)
	}
	errs = append(errs, o.SecureServing.Validate()...)
	errs = append(errs, o.Authentication.Validate()...)
	errs = append(errs, o.Authorization.Validate()...)
	return utilerrors.NewAggregate(errs)
}

func (o *Options) validateCertificates() (errs []error) {
	c := o.Certificates
	if c.Service == "" {
		return nil
	}
	if problems := validation.IsDNS1035Label(c.Service); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--serving-certificate-service %q is not a Service's name: %v", c.Service, problems))
	}
	if problems := validation.IsDNS1123Label(c.Namespace); len(problems) > 0 {
		errs = append(errs, fmt.Errorf("--serving-certificate-namespace %q is not a namespace's name, and $POD_NAMESPACE is not set or none either: %v", c.Namespace, problems))
	}
	if c.Lifetime < minCertificateLifetime {
		errs = append(errs, fmt.Errorf("--serving-certificate-lifetime is %s and must be at least %s", c.Lifetime, minCertificateLifetime))
	}
	if c.CALifetime/3 < c.Lifetime {
		errs = append(errs, fmt.Errorf("--serving-ca-lifetime is %s and must be at least three times --serving-certificate-lifetime, which is %s: a CA is replaced after two thirds of its life and has to outlive what it signed", c.CALifetime, c.Lifetime))
	}
	return errs
}

// NewCommand returns the program as a command that runs until it is interrupted.
func NewCommand() (*cobra.Command, error) {
	o, err := NewOptions()
	if err != nil {
		return nil, err
	}
	command := &cobra.Command{
		Use:          Name,
		Long:         "Turns Tenants and Projects into namespaces, roles and bindings, keeps them that way, and reports on their GPUs.",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := logsapi.ValidateAndApply(o.Logs, nil); err != nil {
				return err
			}
			cliflag.PrintFlags(command.Flags())
			if err := errors.Join(o.Complete(), o.Validate()); err != nil {
				return err
			}
			config, err := NewConfig(o)
			if err != nil {
				return err
			}
			return config.Run(server.SetupSignalContext())
		},
	}
	sections := o.Flags()
	for _, flags := range sections.FlagSets {
		command.Flags().AddFlagSet(flags)
	}
	cliflag.SetUsageAndHelpFunc(command, sections, 0)
	return command, nil
}
