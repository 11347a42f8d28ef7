// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
	"spectrocloud.com/tenancy/registry/quota"
)

const (
	// repairRounds bounds how often a repair is tried again where servers change what it is about to repair.
	repairRounds = 5
	// reachTimeout is how long etcd may take to answer at first.
	reachTimeout = 20 * time.Second
)

// ledgerChecker is the command tenancy-apiserver check-ledger.
type ledgerChecker struct {
	etcd           *genericoptions.EtcdOptions
	dataDir        string
	repair, dryRun bool
	out            io.Writer
}

// newCheckLedgerCommand returns the command that compares the ledger with the objects. It fails if they differ.
func newCheckLedgerCommand() *cobra.Command {
	options := NewOptions()
	checker := &ledgerChecker{etcd: options.Generic.Etcd, dataDir: options.EtcdDataDir}
	command := &cobra.Command{
		Use:   "check-ledger",
		Short: "Prove that the ledger in etcd agrees with the objects there",
		Long: "Compares each record of the ledger with the objects in etcd, all at one revision, and prints each that differs. " +
			"It fails if there are any.\n\nAn embedded etcd (--etcd-data-dir) must not be in use by a server; beside an etcd of " +
			"your own (--etcd-servers) servers may run. It finds nothing unless something other than a server has written to etcd.",
		SilenceUsage: true,
		Args:         cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checker.out = cmd.OutOrStdout()
			return checker.run(cmd.Context())
		},
	}
	all := pflag.NewFlagSet("etcd", pflag.ContinueOnError)
	checker.etcd.AddFlags(all)
	for _, name := range []string{"etcd-servers", "etcd-prefix", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "encryption-provider-config"} {
		command.Flags().AddFlag(all.Lookup(name))
	}
	command.Flags().StringVar(&checker.dataDir, "etcd-data-dir", checker.dataDir, "Directory of the embedded etcd, which is used unless --etcd-servers names another.")
	command.Flags().BoolVar(&checker.repair, "repair", false, "Print what has to be written so that the ledger agrees with the objects, write it, and check again. Objects are never changed.")
	command.Flags().BoolVar(&checker.dryRun, "dry-run", false, "With --repair: print what would be written, and write nothing.")
	return command
}

func (c *ledgerChecker) run(ctx context.Context) (err error) {
	if c.dryRun && !c.repair {
		return errors.New("--dry-run says what --repair would do: give both")
	}
	config := c.etcd.StorageConfig
	config.CompactionInterval = 0 // A check leaves history as it is.
	if len(config.Transport.ServerList) == 0 {
		etcd, startErr := c.startEmbedded(ctx)
		if startErr != nil {
			return startErr
		}
		defer func() { err = errors.Join(err, etcd.Close()) }()
		config.Transport.ServerList = []string{etcd.Endpoint}
	}
	backend, err := storage.NewBackend(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	if err := c.reach(ctx, backend.KV()); err != nil {
		return err
	}
	return c.check(ctx, backend.KV())
}

// reach is an error unless etcd answers, and has something under the prefix: an etcd by a wrong name, or a wrong prefix, is not
// to be found in order.
func (c *ledgerChecker) reach(ctx context.Context, kv clientv3.KV) error {
	ctx, stop := context.WithTimeout(ctx, reachTimeout)
	defer stop()
	prefix := strings.TrimSuffix(path.Join("/", c.etcd.StorageConfig.Prefix), "/") + "/"
	stored, err := kv.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return fmt.Errorf("etcd does not answer: %w", err)
	}
	if stored.Count == 0 {
		return fmt.Errorf("nothing is stored in etcd under %s, so there is nothing to check: is --etcd-prefix right?", prefix)
	}
	return nil
}

// startEmbedded starts the embedded etcd if it has ever been started: a directory by a wrong name is not to become one that
// is in order.
func (c *ledgerChecker) startEmbedded(ctx context.Context) (*storage.Embedded, error) {
	if _, err := os.Stat(filepath.Join(c.dataDir, "member")); err != nil {
		return nil, fmt.Errorf("there is no embedded etcd in --etcd-data-dir %s (give --etcd-servers for an etcd of your own): %w", c.dataDir, err)
	}
	return storage.StartEmbedded(ctx, c.dataDir)
}

// check compares, repairs if it is to, and fails if there is a difference left.
func (c *ledgerChecker) check(ctx context.Context, kv clientv3.KV) error {
	decode, err := c.decoder(ctx)
	if err != nil {
		return err
	}
	for round := 0; ; round++ {
		report, err := quota.Check(ctx, kv, c.etcd.StorageConfig.Prefix, decode)
		if err != nil {
			return err
		}
		c.print(report)
		if len(report.Differences) > 0 && c.repair && !c.dryRun && round < repairRounds {
			if err := c.write(ctx, kv, report.Differences); err != nil {
				return err
			}
			continue
		}
		if len(report.Differences)+len(report.Problems) > 0 {
			return fmt.Errorf("%d records of the ledger differ from the objects, and %d problems are for you to solve", len(report.Differences), len(report.Problems))
		}
		return nil
	}
}

// print prints a report, with the plan of a repair if there is to be one.
func (c *ledgerChecker) print(report *quota.Report) {
	for _, problem := range report.Problems {
		fmt.Fprintln(c.out, "problem:", problem)
	}
	for _, difference := range report.Differences {
		fmt.Fprintln(c.out, "difference:", difference)
	}
	if c.repair {
		for _, difference := range report.Differences {
			fmt.Fprintln(c.out, "plan:", difference.Plan())
		}
	}
	counted := make([]string, len(quota.Resources))
	for i, resource := range quota.Resources {
		counted[i] = fmt.Sprintf("%d %s", report.Objects[resource], resource)
	}
	fmt.Fprintf(c.out, "checked at revision %d: %s and %d records of the ledger under %s; %d differences, %d problems\n", report.Revision,
		strings.Join(counted, ", "), report.Records, c.etcd.StorageConfig.Prefix, len(report.Differences), len(report.Problems))
}

func (c *ledgerChecker) write(ctx context.Context, kv clientv3.KV, differences []quota.Difference) error {
	for _, difference := range differences {
		done, err := difference.Repair(ctx, kv)
		if err != nil {
			return err
		}
		if done {
			fmt.Fprintln(c.out, "repaired:", difference.Key)
		} else {
			fmt.Fprintln(c.out, "skipped, since it changed meanwhile:", difference.Key)
		}
	}
	return nil
}

// decoder reads objects as the server stores them: encrypted, if --encryption-provider-config says so.
func (c *ledgerChecker) decoder(ctx context.Context) (quota.Decode, error) {
	transformers := encryptionconfig.StaticTransformers{}
	if file := c.etcd.EncryptionProviderConfigFilepath; file != "" {
		config, err := encryptionconfig.LoadEncryptionConfig(ctx, file, false, "check-ledger")
		if err != nil {
			return nil, fmt.Errorf("reading --encryption-provider-config: %w", err)
		}
		transformers = config.Transformers
	}
	objects := Codecs.UniversalDecoder(spectrocloud.SchemeGroupVersion)
	return func(ctx context.Context, resource, key string, stored []byte) (runtime.Object, error) {
		transformer := transformers.TransformerForResource(spectrocloud.Resource(resource))
		data, _, err := transformer.TransformFromStorage(ctx, stored, value.DefaultContext(key))
		if err != nil {
			return nil, err
		}
		return runtime.Decode(objects, data)
	}, nil
}
