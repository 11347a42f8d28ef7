// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"
	"k8s.io/apiserver/pkg/storage/storagebackend"
)

const (
	// restoring is the directory in the data directory that a restore works in.
	restoring = "restoring"
	// minRevisionBump is how far a restore sets the revision forward at least.
	minRevisionBump = 1_000_000_000
	// reachTimeout is how long an etcd member may take to answer at first.
	reachTimeout = 5 * time.Second
)

// SnapshotStatus is what a snapshot holds.
type SnapshotStatus struct {
	// Revision is etcd's at the moment of the snapshot.
	Revision int64
	// Keys is the number of keys, objects and others.
	Keys int
	// Bytes is the size of the database.
	Bytes int64
}

// SaveSnapshot writes all that etcd holds at one moment to out, and returns how many bytes that were. It asks the first of
// the members in config that answers. It is an error if what was written is not whole: etcd ends a snapshot with the hash of
// all that came before.
func SaveSnapshot(ctx context.Context, config storagebackend.TransportConfig, out io.Writer) (int64, error) {
	var unreached []error
	for _, endpoint := range config.ServerList {
		config := config
		config.ServerList = []string{endpoint}
		client, err := reach(ctx, config)
		if err != nil {
			unreached = append(unreached, fmt.Errorf("etcd at %s does not answer: %w", endpoint, err))
			continue
		}
		n, err := saveSnapshot(ctx, client, out)
		return n, errors.Join(err, client.Close())
	}
	return 0, errors.Join(unreached...)
}

// reach connects to the one etcd member in config, or is an error if it does not answer.
func reach(ctx context.Context, config storagebackend.TransportConfig) (*clientv3.Client, error) {
	cfg, err := clientConfig(config)
	if err != nil {
		return nil, err
	}
	cfg.Logger = zap.NewNop() // Whatever goes wrong is an error, too.
	client, err := clientv3.New(cfg)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, reachTimeout)
	defer stop()
	if _, err := client.Status(ctx, config.ServerList[0]); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

func saveSnapshot(ctx context.Context, client *clientv3.Client, out io.Writer) (int64, error) {
	response, err := client.SnapshotWithVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("asking etcd for a snapshot: %w", err)
	}
	defer response.Snapshot.Close()
	checked := newSealed(out)
	n, err := io.Copy(checked, response.Snapshot)
	if err != nil {
		return n, fmt.Errorf("copying the snapshot from etcd, after %d bytes: %w", n, err)
	}
	return n, checked.whole()
}

// StatusOfSnapshot reads all of the snapshot in file and says what it holds. It is an error if it is not whole.
func StatusOfSnapshot(file string) (SnapshotStatus, error) {
	if err := checkSnapshot(file); err != nil {
		return SnapshotStatus{}, fmt.Errorf("reading the snapshot: %w", err)
	}
	status, err := snapshot.NewV3(zap.NewNop()).Status(file)
	if err != nil {
		return SnapshotStatus{}, fmt.Errorf("reading the snapshot: %w", err)
	}
	return SnapshotStatus{Revision: status.Revision, Keys: status.TotalKey, Bytes: status.TotalSize}, nil
}

// RestoreSnapshot makes the snapshot that it reads the data of an embedded etcd in dir, which must hold none. It is there
// whole, or not at all. Meanwhile dir has to have room for two of it.
//
// Revisions go on from the time of the restore in microseconds since 1970, and history before that counts as compacted. So
// nothing that any client has seen is newer than what it sees next, whatever has been written since the snapshot or after
// an earlier restore, and every watch that is taken up again is told to start over.
func RestoreSnapshot(from io.Reader, dir string, now time.Time) (status SnapshotStatus, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return status, fmt.Errorf("making the etcd data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return status, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := requireEmpty(dir); err != nil {
		return status, err
	}
	workshop := filepath.Join(dir, restoring)
	if err := os.RemoveAll(workshop); err != nil {
		return status, fmt.Errorf("removing what an interrupted restore left: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(workshop), SyncDir(dir)) }()
	member := filepath.Join(workshop, embeddedMember)
	if status, err = restore(from, filepath.Join(workshop, "snapshot"), member, now); err != nil {
		return status, fmt.Errorf("restoring into %s: %w", dir, err)
	}
	return status, os.Rename(member, filepath.Join(dir, embeddedMember))
}

// restore makes what it reads, by way of a file, the data of a member.
func restore(from io.Reader, file, member string, now time.Time) (SnapshotStatus, error) {
	if err := copyTo(file, from); err != nil {
		return SnapshotStatus{}, err
	}
	status, err := StatusOfSnapshot(file)
	if err != nil {
		return status, err
	}
	config := embeddedConfig(member)
	return status, snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath:        file,
		Name:                config.Name,
		OutputDataDir:       member,
		PeerURLs:            []string{config.AdvertisePeerUrls[0].String()},
		InitialCluster:      config.InitialCluster,
		InitialClusterToken: config.InitialClusterToken,
		RevisionBump:        uint64(max(now.UnixMicro()-status.Revision, minRevisionBump)),
		MarkCompacted:       true,
	})
}

func copyTo(file string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	copied, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(copied, from)
	return errors.Join(err, copied.Close())
}

// refuseInterrupted is an error if a restore into dir began and did not end: etcd would start empty, and to everybody who
// watches all objects would be deleted.
func refuseInterrupted(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, embeddedMember)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	workshop := filepath.Join(dir, restoring)
	if _, err := os.Stat(workshop); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("a restore was interrupted: run it again, or remove %s to start with no objects at all", workshop), err)
	}
	return nil
}

// requireEmpty is an error if dir holds anything but what a volume, an etcd that was killed or an interrupted restore leaves there.
func requireEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading the etcd data directory: %w", err)
	}
	for _, entry := range entries {
		switch entry.Name() {
		case "lock", embeddedSocket, "lost+found", restoring:
		default:
			return fmt.Errorf("etcd data directory %s holds %s: a snapshot is restored into an empty directory only, so move that away", dir, entry.Name())
		}
	}
	return nil
}

// SyncDir makes sure that the names in dir are on disk.
func SyncDir(dir string) error {
	opened, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}

func checkSnapshot(file string) error {
	opened, err := os.Open(file)
	if err != nil {
		return err
	}
	defer opened.Close()
	checked := newSealed(io.Discard)
	if _, err := io.Copy(checked, opened); err != nil {
		return err
	}
	return checked.whole()
}

// sealed passes on what is written to it, and knows whether that ended with the hash of what came before.
type sealed struct {
	out  io.Writer
	hash hash.Hash
	tail []byte // The last bytes, which may be the hash.
}

func newSealed(out io.Writer) *sealed { return &sealed{out: out, hash: sha256.New()} }

// Write implements io.Writer.
func (s *sealed) Write(data []byte) (int, error) {
	s.tail = append(s.tail, data...)
	if before := len(s.tail) - sha256.Size; before > 0 {
		s.hash.Write(s.tail[:before])
		s.tail = append(s.tail[:0], s.tail[before:]...)
	}
	return s.out.Write(data)
}

func (s *sealed) whole() error {
	if sum := s.hash.Sum(nil); !bytes.Equal(sum, s.tail) {
		return fmt.Errorf("it is not whole: it ends with %x where %x, the SHA-256 of what comes before, has to be", s.tail, sum)
	}
	return nil
}
