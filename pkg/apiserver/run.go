// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/cli/globalflag"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"
)

func init() {
	utilruntime.Must(logsapi.AddFeatureGates(utilfeature.DefaultMutableFeatureGate))
}

// NewCommand returns the command tenancy-apiserver, which runs until its context ends.
func NewCommand() *cobra.Command {
	options := NewOptions()
	command := &cobra.Command{
		Use:          "tenancy-apiserver",
		Short:        "Serve the API group spectrocloud.com behind a kube-apiserver",
		SilenceUsage: true,
		Args:         cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := options.Run.ComponentGlobalsRegistry.Set(); err != nil {
				return err
			}
			if err := logsapi.ValidateAndApply(options.Logs, utilfeature.DefaultFeatureGate); err != nil {
				return err
			}
			if err := options.Complete(); err != nil {
				return err
			}
			if err := options.Validate(); err != nil {
				return err
			}
			return Run(cmd.Context(), options)
		},
	}
	flags := options.Flags()
	globalflag.AddGlobalFlags(flags.FlagSet("global"), command.Name())
	for _, set := range flags.FlagSets {
		command.Flags().AddFlagSet(set)
	}
	command.AddCommand(newCheckLedgerCommand(), newSnapshotCommand())
	return command
}

// Run serves until ctx ends, then lets the requests in flight finish.
func Run(ctx context.Context, options *Options) error {
	if options.embedded() {
		return runWithEmbeddedEtcd(ctx, options)
	}
	return serve(ctx, options)
}

// runWithEmbeddedEtcd starts etcd before the server and stops it after, so that nothing that was acknowledged is lost. If
// etcd fails, the server ends too.
func runWithEmbeddedEtcd(ctx context.Context, options *Options) error {
	etcd, err := options.Embedded.Start(ctx, options.EtcdDataDir)
	if err != nil {
		return err
	}
	options.etcd = etcd
	options.Generic.Etcd.StorageConfig.Transport.ServerList = []string{etcd.Endpoint}
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case failure := <-etcd.Err():
			stop(fmt.Errorf("the embedded etcd failed: %w", failure))
		case <-running.Done():
		}
	}()
	return errors.Join(serve(running, options), etcd.Close())
}

// serve runs the server on the etcd that options name.
func serve(ctx context.Context, options *Options) error {
	config, err := options.Config()
	if err != nil {
		return err
	}
	server, err := config.New()
	if err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Serving", "etcd", config.Storage.Transport.ServerList, "prefix", config.Storage.Prefix,
		"systemNamespace", config.Namespaces.System)
	err = errors.Join(server.Generic.PrepareRun().RunWithContext(ctx), server.Close())
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
