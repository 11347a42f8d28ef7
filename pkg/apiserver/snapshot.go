// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"spectrocloud.com/tenancy/pkg/storage"
)

// newSnapshotCommand returns the command that saves what etcd holds, and restores it.
func newSnapshotCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "snapshot",
		Short: "Save all that etcd holds, look at what was saved, or restore it",
		Args:  cobra.NoArgs,
	}
	command.AddCommand(newSnapshotSaveCommand(), newSnapshotStatusCommand(), newSnapshotRestoreCommand())
	return command
}

func newSnapshotSaveCommand() *cobra.Command {
	options := NewOptions()
	transport := &options.Generic.Etcd.StorageConfig.Transport
	dataDir := options.EtcdDataDir
	command := &cobra.Command{
		Use:   "save FILE",
		Short: "Save all that etcd holds at one moment to a file, or to standard output if that is -",
		Long: "Saves all that etcd holds at one moment, objects and ledger alike, with a hash by which restore and status know that it is whole. " +
			"The embedded etcd (--etcd-data-dir) is saved whether a server runs on it or not; another one is named with --etcd-servers.\n\n" +
			"The file is there whole or not at all, and is never one that was there before. " +
			"Objects that are encrypted at rest stay so; all others can be read by whoever can read the file.",
		Example: "  tenancy-apiserver snapshot save /backup/tenancy-$(date +%F)\n" +
			"  kubectl exec tenancy-apiserver-0 -- /tenancy-apiserver snapshot save - > tenancy-$(date +%F)",
		SilenceUsage: true,
		Args:         cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return saveSnapshot(cmd.Context(), *transport, dataDir, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	all := pflag.NewFlagSet("etcd", pflag.ContinueOnError)
	options.Generic.Etcd.AddFlags(all)
	for _, name := range []string{"etcd-servers", "etcd-cafile", "etcd-certfile", "etcd-keyfile"} {
		command.Flags().AddFlag(all.Lookup(name))
	}
	command.Flags().StringVar(&dataDir, "etcd-data-dir", dataDir, "Directory of the embedded etcd, which is used unless --etcd-servers names another.")
	return command
}

// saveSnapshot saves what etcd holds to file, or to out if that is "-". What there is to say goes to messages.
func saveSnapshot(ctx context.Context, transport storagebackend.TransportConfig, dataDir, file string, out, messages io.Writer) (err error) {
	if len(transport.ServerList) == 0 {
		endpoint, done, reachErr := reachEmbedded(ctx, dataDir)
		if reachErr != nil {
			return reachErr
		}
		defer func() { err = errors.Join(err, done()) }()
		transport.ServerList = []string{endpoint}
	}
	save := func(out io.Writer) error {
		n, err := storage.SaveSnapshot(ctx, transport, out)
		if err == nil {
			fmt.Fprintf(messages, "saved %d bytes from %s\n", n, transport.ServerList)
		}
		return err
	}
	if file == "-" {
		return save(out)
	}
	return writeNew(file, save)
}

// reachEmbedded returns where the embedded etcd in dataDir can be reached, and what to call then. It starts it if no server
// has.
func reachEmbedded(ctx context.Context, dataDir string) (endpoint string, done func() error, err error) {
	if endpoint, err = storage.EndpointOf(dataDir); endpoint != "" || err != nil {
		return endpoint, func() error { return nil }, err
	}
	etcd, err := (&ledgerChecker{dataDir: dataDir}).startEmbedded(ctx)
	if err != nil {
		return "", nil, err
	}
	return etcd.Endpoint, etcd.Close, nil
}

// writeNew makes a file of what write writes: whole, on disk, and where none was before, or not at all.
func writeNew(file string, write func(io.Writer) error) (err error) {
	taken := fmt.Errorf("%s is there already: give another name, or move it away", file)
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(taken, err)
	}
	partial, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-")
	if err != nil {
		return err
	}
	if err := errors.Join(write(partial), partial.Sync(), partial.Close()); err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	// A link never replaces what has got the name meanwhile, as renaming does. Not every volume has links.
	err = os.Link(partial.Name(), file)
	switch {
	case err == nil:
		err = os.Remove(partial.Name())
	case errors.Is(err, os.ErrExist):
		return errors.Join(taken, os.Remove(partial.Name()))
	default:
		err = os.Rename(partial.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return storage.SyncDir(filepath.Dir(file))
}

func newSnapshotStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:          "status FILE",
		Short:        "Read all of a snapshot, and say what it holds; fail if it is not whole",
		SilenceUsage: true,
		Args:         cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			status, err := storage.StatusOfSnapshot(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "whole: revision %d, %d keys, %d bytes\n", status.Revision, status.Keys, status.Bytes)
			return nil
		},
	}
}

func newSnapshotRestoreCommand() *cobra.Command {
	dataDir := defaultEtcdDataDir
	command := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a snapshot the data of the embedded etcd, from a file or standard input if that is -",
		Long: "Makes a snapshot the data of the embedded etcd in --etcd-data-dir, which must be empty and have room for two of it. It is there whole or not at all.\n\n" +
			"Every object is as it was, with its UID. Revisions go on from the present time, so that clients which saw what was written after the snapshot start over " +
			"instead of waiting for revisions that they have seen already. For an etcd of your own use etcdutl snapshot restore.",
		SilenceUsage: true,
		Args:         cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer file.Close()
				in = file
			}
			status, err := storage.RestoreSnapshot(in, dataDir, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "restored %d keys as of revision %d into %s\n", status.Keys, status.Revision, dataDir)
			return nil
		},
	}
	command.Flags().StringVar(&dataDir, "etcd-data-dir", dataDir, "Directory of the embedded etcd.")
	return command
}
