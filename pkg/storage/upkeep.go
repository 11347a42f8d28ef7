// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/storage/mvcc"
	"k8s.io/klog/v2"
)

const (
	// compactScarce is how often history is dropped while space is scarce, instead of at --etcd-compaction-interval.
	compactScarce = 5 * time.Second
	// logBytes is what etcd's log may need next on the volume. Without it the process ends.
	logBytes = 128 << 20
	// defragmentAgain is how long after a defragmentation that failed the next is tried: nothing is read or written meanwhile.
	defragmentAgain = 10 * time.Minute
)

// upkeep keeps the embedded etcd in order: it has nobody else who would.
type upkeep struct {
	etcd *etcdserver.EtcdServer
	// freeBytes is EmbeddedOptions.DefragmentFreeBytes.
	freeBytes int64

	// seen is the revision of etcd at seenAt.
	seen   int64
	seenAt time.Time
	// failedAt is when defragmenting failed last.
	failedAt time.Time
}

// tend makes room if there is reason to.
func (u *upkeep) tend(ctx context.Context) error {
	if u.measure().Used() >= scarceAt {
		if err := u.compact(ctx); err != nil {
			return fmt.Errorf("compacting the embedded etcd: %w", err)
		}
	}
	if space := u.measure(); worthDefragmenting(space, u.freeBytes) && time.Since(u.failedAt) >= defragmentAgain {
		if err := u.defragment(ctx, space); err != nil {
			u.failedAt = time.Now()
			return fmt.Errorf("defragmenting the embedded etcd, which is tried again in %v: %w", defragmentAgain, err)
		}
	}
	if space := u.measure(); space.Refused && space.Used() < reservedAt {
		if _, err := u.etcd.Alarm(ctx, &pb.AlarmRequest{
			Action: pb.AlarmRequest_DEACTIVATE, MemberID: uint64(u.etcd.MemberID()), Alarm: pb.AlarmType_NOSPACE}); err != nil {
			return fmt.Errorf("ending the space alarm of the embedded etcd: %w", err)
		}
	}
	return nil
}

func (u *upkeep) measure() Space {
	backend := u.etcd.Backend()
	space := Space{Size: backend.Size(), InUse: backend.SizeInUse(), Quota: u.etcd.Cfg.QuotaBackendBytes}
	for _, alarm := range u.etcd.Alarms() {
		space.Refused = space.Refused || alarm.Alarm == pb.AlarmType_NOSPACE
	}
	return space
}

// compact drops the history before the last time that it was called for, at least compactScarce ago, which is how long
// watchers have had to read it. The compactor of the server can't where etcd refuses writes: it begins with one.
func (u *upkeep) compact(ctx context.Context) error {
	if time.Since(u.seenAt) < compactScarce {
		return nil
	}
	before := u.seen
	u.seen, u.seenAt = u.etcd.KV().Rev(), time.Now()
	if before == 0 || before == u.seen {
		return nil
	}
	_, err := u.etcd.Compact(ctx, &pb.CompactionRequest{Revision: before, Physical: true})
	if errors.Is(err, mvcc.ErrCompacted) {
		return nil
	}
	return err
}

// worthDefragmenting says whether a database of which that much is free should be rewritten. What is free is used again, so a
// rewrite gains something only where the size itself is in the way. Half of it free means that no more is copied than is gained;
// a third is enough to end the alarm, and a tenth of the quota where nothing can be created otherwise.
func worthDefragmenting(space Space, freeBytes int64) bool {
	free := space.Size - space.InUse
	switch {
	case freeBytes == 0:
		return false
	case space.Used() >= reservedAt && free >= space.Quota/10, space.Used() >= scarceAt && free >= space.Size/3:
		return true
	}
	return free >= freeBytes && free >= space.Size/2
}

func (u *upkeep) defragment(ctx context.Context, space Space) error {
	if err := u.requireVolume(space.InUse + logBytes); err != nil {
		return err
	}
	began := time.Now()
	if err := u.etcd.Defragment(); err != nil {
		return err
	}
	took := time.Since(began)
	defragmentSeconds.Observe(took.Seconds())
	klog.FromContext(ctx).Info("Defragmented the embedded etcd", "before", space.Size, "inUse", space.InUse, "after", u.etcd.Backend().Size(), "took", took)
	return nil
}

// requireVolume is an error if the volume of the database has less free than that.
func (u *upkeep) requireVolume(bytes int64) error {
	dir := filepath.Dir(u.etcd.Cfg.BackendPath())
	var volume syscall.Statfs_t
	if err := syscall.Statfs(dir, &volume); err != nil {
		return fmt.Errorf("looking how full the volume of %s is: %w", dir, err)
	}
	if free := volume.Bavail * uint64(volume.Bsize); free < uint64(bytes) {
		return fmt.Errorf("the volume of %s has %d MiB free, and %d are needed for a copy of what is in use, and for the log: enlarge the volume",
			dir, free>>20, bytes>>20)
	}
	return nil
}
