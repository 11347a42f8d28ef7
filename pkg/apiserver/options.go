// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/pkg/storage"
)

const (
	// storagePrefix is what all keys in etcd begin with, so that an etcd may be shared.
	storagePrefix = "/tenancy"
	// defaultEtcdDataDir is where the embedded etcd keeps its data unless told otherwise.
	defaultEtcdDataDir = "/var/lib/tenancy/etcd"
	// DefaultSystemNamespace is where what all Projects share is kept unless told otherwise.
	DefaultSystemNamespace = "palette-system"
)

// Options are the settings of the API server, one per flag.
type Options struct {
	// Generic are the settings of any API server: etcd, serving, delegated authentication and authorization, audit,
	// admission, tracing.
	Generic *genericoptions.RecommendedOptions
	// Run are the settings of any API server's run: limits, timeouts, shutdown, feature gates.
	Run *genericoptions.ServerRunOptions
	// Logs are the settings of logging.
	Logs *logs.Options

	// EtcdDataDir is where the embedded etcd keeps its data. It is not started where --etcd-servers names another.
	EtcdDataDir string
	// Embedded says how large the embedded etcd may become.
	Embedded storage.EmbeddedOptions
	// Namespaces are those of the host cluster that can't be claimed.
	Namespaces validation.Namespaces

	// etcd is the embedded one, once it runs.
	etcd *storage.Embedded
	// claims are the admission plugins', filled in by the server.
	claims *claims
}

// NewOptions returns the default settings.
func NewOptions() *Options {
	generic := genericoptions.NewRecommendedOptions(storagePrefix, Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion))
	generic.Etcd.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	// A Project goes with all of its workloads, one transaction each.
	generic.Etcd.DeleteCollectionWorkers = 8
	// A self-signed certificate, for a first try without one, is kept in memory.
	generic.SecureServing.ServerCert.CertDirectory = ""
	claims := &claims{}
	admitProjects(generic.Admission, claims)
	run := genericoptions.NewServerRunOptions()
	// Watches through kube-apiserver don't end by themselves, and would hold up the end of the server for a minute.
	run.ShutdownWatchTerminationGracePeriod = 2 * time.Second
	// Who asks while the server ends is told to ask again, instead of being hung up on.
	run.ShutdownSendRetryAfter = true
	return &Options{
		Generic:     generic,
		Run:         run,
		Logs:        logs.NewOptions(),
		EtcdDataDir: defaultEtcdDataDir,
		Embedded:    storage.EmbeddedOptions{QuotaBytes: defaultQuotaBytes, DefragmentFreeBytes: defaultDefragmentFreeBytes},
		Namespaces:  validation.Namespaces{System: DefaultSystemNamespace, Server: os.Getenv("POD_NAMESPACE")},
		claims:      claims,
	}
}

// Flags are the flags that set the options, by topic.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var flags cliflag.NamedFlagSets
	tenancy := flags.FlagSet("tenancy")
	tenancy.StringVar(&o.EtcdDataDir, "etcd-data-dir", o.EtcdDataDir, "Directory of the embedded etcd, which is used unless --etcd-servers names another.")
	tenancy.Int64Var(&o.Embedded.QuotaBytes, "etcd-quota-backend-bytes", o.Embedded.QuotaBytes, "Size of the embedded etcd's database from which on it refuses writes. "+
		"Readiness warns from 80 % on, and nothing is created from 95 % on. The disk needs twice as much, and 512 MiB for the log.")
	tenancy.Int64Var(&o.Embedded.DefragmentFreeBytes, "etcd-defragment-free-bytes", o.Embedded.DefragmentFreeBytes, "Free part of the embedded etcd's database, at least half of it, that is worth rewriting it without. "+
		"Nothing is read or written meanwhile, a few seconds for 100 MiB in use. 0 for never.")
	tenancy.StringVar(&o.Namespaces.System, "system-namespace", o.Namespaces.System, "Namespace of what all Projects share. No Tenant or Project can claim it.")
	tenancy.StringVar(&o.Namespaces.Server, "server-namespace", o.Namespaces.Server, "Namespace this server runs in; $POD_NAMESPACE unless given. No Tenant or Project can claim it.")

	o.Generic.Etcd.AddFlags(flags.FlagSet("etcd"))
	o.Generic.SecureServing.AddFlags(flags.FlagSet("secure serving"))
	o.Generic.Authentication.AddFlags(flags.FlagSet("authentication"))
	o.Generic.Authorization.AddFlags(flags.FlagSet("authorization"))
	o.Generic.Audit.AddFlags(flags.FlagSet("auditing"))
	o.Generic.Features.AddFlags(flags.FlagSet("features"))
	o.Generic.CoreAPI.AddFlags(flags.FlagSet("host cluster"))
	o.Generic.Admission.AddFlags(flags.FlagSet("admission"))
	o.Generic.EgressSelector.AddFlags(flags.FlagSet("egress selector"))
	o.Generic.Traces.AddFlags(flags.FlagSet("traces"))
	o.Run.AddUniversalFlags(flags.FlagSet("generic"))
	logsapi.AddFlags(o.Logs, flags.FlagSet("logs"))
	return flags
}

// Complete fills in what follows from other settings. It does no I/O.
func (o *Options) Complete() error {
	if err := o.Run.DefaultAdvertiseAddress(o.Generic.SecureServing.SecureServingOptions); err != nil {
		return err
	}
	return o.Run.Complete()
}

// Validate says what is wrong with the options.
func (o *Options) Validate() error {
	generic, etcd := *o.Generic, *o.Generic.Etcd
	if o.embedded() {
		// The server that upstream asks for is known once it runs.
		etcd.StorageConfig.Transport.ServerList = []string{"embedded"}
	}
	generic.Etcd = &etcd
	errs := append(o.Run.Validate(), generic.Validate()...)
	if o.embedded() && o.EtcdDataDir == "" {
		errs = append(errs, errors.New("--etcd-data-dir is empty: name the directory of the embedded etcd, or another etcd with --etcd-servers"))
	}
	if o.embedded() {
		errs = append(errs, validateSpace(o.Embedded)...)
	}
	if o.Namespaces.System == "" {
		errs = append(errs, errors.New("--system-namespace is empty"))
	}
	return utilerrors.NewAggregate(errs)
}

// embedded says whether this process runs its own etcd.
func (o *Options) embedded() bool {
	return len(o.Generic.Etcd.StorageConfig.Transport.ServerList) == 0
}

// defaultCertificate makes a self-signed serving certificate where none is given.
func (o *Options) defaultCertificate() error {
	if err := o.Generic.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return fmt.Errorf("making a self-signed serving certificate: %w", err)
	}
	return nil
}
