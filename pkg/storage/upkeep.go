// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/storage/mvcc"
	"k8s.io/klog/v2"
)

// compactScarce is how often history is dropped while space is scarce, instead of at --etcd-compaction-interval.
const compactScarce = 5 * time.Second

// upkeep keeps the embedded etcd in order: it has nobody else who would.
type upkeep struct {
	etcd *etcdserver.EtcdServer
	// freeBytes is EmbeddedOptions.DefragmentFreeBytes.
	freeBytes int64

	// seen is the revision of etcd at seenAt.
	seen   int64
	seenAt time.Time
}

// tend makes room if there is reason to, and returns how full etcd is then.
func (u *upkeep) tend(ctx context.Context) (Space, error) {
	space := u.measure()
	if space.Used() >= scarceAt {
		if err := u.compact(ctx); err != nil {
			return space, fmt.Errorf("compacting the embedded etcd: %w", err)
		}
		space = u.measure()
	}
	if worthDefragmenting(space, u.freeBytes) {
		if err := u.defragment(ctx, space); err != nil {
			return space, fmt.Errorf("defragmenting the embedded etcd: %w", err)
		}
		space = u.measure()
	}
	if space.Refused && space.Used() < reservedAt {
		if _, err := u.etcd.Alarm(ctx, &pb.AlarmRequest{
			Action: pb.AlarmRequest_DEACTIVATE, MemberID: uint64(u.etcd.MemberID()), Alarm: pb.AlarmType_NOSPACE}); err != nil {
			return space, fmt.Errorf("ending the space alarm of the embedded etcd: %w", err)
		}
		space = u.measure()
	}
	return space, nil
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

// worthDefragmenting says whether a database of which that much is free should be rewritten. Half of it free means that no
// more is copied than is gained; a tenth of the quota is enough where space is scarce.
func worthDefragmenting(space Space, freeBytes int64) bool {
	free := space.Size - space.InUse
	if freeBytes == 0 {
		return false
	}
	return free >= freeBytes && free >= space.Size/2 || space.Used() >= scarceAt && free >= space.Quota/10
}

func (u *upkeep) defragment(ctx context.Context, space Space) error {
	began := time.Now()
	if err := u.etcd.Defragment(); err != nil {
		return err
	}
	took := time.Since(began)
	defragmentSeconds.Observe(took.Seconds())
	klog.FromContext(ctx).Info("Defragmented the embedded etcd", "before", space.Size, "inUse", space.InUse, "after", u.etcd.Backend().Size(), "took", took)
	return nil
}
