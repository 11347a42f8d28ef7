// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
)

const (
	// scarceAt is the part of the quota whose use is worth an alarm.
	scarceAt = 0.80
	// reservedAt is the part of the quota from which on nothing is created: the rest is for what it takes to delete.
	reservedAt = 0.95

	// spaceInterval is the time between two looks.
	spaceInterval = 2 * time.Second
	// spaceTimeout is how long one look may take.
	spaceTimeout = 5 * time.Second
)

// Space is how full an etcd member is.
type Space struct {
	// Size and InUse are the bytes of its database, and how many of them are not free.
	Size, InUse int64
	// Quota is the size from which on it refuses writes, 0 if it does not tell.
	Quota int64
	// Refused says that it came to that, and that etcd refuses writes until it is told not to.
	Refused bool
}

// Used is the used part of the quota. What counts for etcd is the size, free parts included.
func (s Space) Used() float64 {
	if s.Quota <= 0 {
		return 0
	}
	return float64(s.Size) / float64(s.Quota)
}

// String says how full it is.
func (s Space) String() string {
	mebibytes := func(bytes int64) string { return resource.NewQuantity(bytes>>20<<20, resource.BinarySI).String() }
	text := fmt.Sprintf("%.0f%% of etcd's quota of %s is used, %s of it free", 100*s.Used(), mebibytes(s.Quota), mebibytes(s.Size-s.InUse))
	if s.Refused {
		text += ", and etcd refuses all writes but deletes"
	}
	return text
}

// spaceWatch looks again and again how full etcd is.
type spaceWatch struct {
	client *clientv3.Client
	// upkeep is of the embedded etcd, nil for one elsewhere.
	upkeep *upkeep
	// fullest is of the member that is fullest, as of the last look; nil before the first.
	fullest atomic.Pointer[Space]
}

// WatchSpace looks how full etcd is until ctx ends, and keeps an embedded one in order. Without it Space knows nothing.
func (b *Backend) WatchSpace(ctx context.Context) {
	wait.UntilWithContext(ctx, b.space.look, spaceInterval)
}

// Space returns how full the fullest member is: an embedded one now, one elsewhere at the last look.
func (b *Backend) Space() Space { return b.space.now() }

// CheckSpace is an error if space is scarce.
func (b *Backend) CheckSpace() error {
	if space := b.Space(); space.Refused || space.Used() >= scarceAt {
		return errors.New(space.String())
	}
	return nil
}

func (w *spaceWatch) now() Space {
	if w.upkeep != nil {
		return w.upkeep.measure()
	}
	return w.last()
}

func (w *spaceWatch) last() Space {
	if space := w.fullest.Load(); space != nil {
		return *space
	}
	return Space{}
}

// look takes a look, and says so in the log if space has become scarce or is no longer.
func (w *spaceWatch) look(ctx context.Context) {
	var fullest Space
	for _, endpoint := range w.client.Endpoints() {
		space, err := w.measure(ctx, endpoint)
		if err != nil {
			// Whether etcd can be reached is another check's business.
			klog.FromContext(ctx).V(2).Info("Can't look how full etcd is", "endpoint", endpoint, "err", err)
			continue
		}
		observe(endpoint, space)
		if fullest.Quota == 0 || space.Refused || space.Used() > fullest.Used() && !fullest.Refused {
			fullest = space
		}
	}
	if fullest == (Space{}) {
		return
	}
	usedRatio.Set(fullest.Used())
	before := w.last()
	w.fullest.Store(&fullest)
	switch scarce, was := fullest.Used() >= scarceAt, before.Used() >= scarceAt; {
	case scarce && !was, fullest.Refused && !before.Refused:
		klog.FromContext(ctx).Info("Space in etcd is scarce", "space", fullest.String())
	case was && !scarce:
		klog.FromContext(ctx).Info("There is space in etcd again", "space", fullest.String())
	}
}

// measure asks one member, and has it tidied up first if it is ours. How full that is, is known whether or not room can be made.
func (w *spaceWatch) measure(ctx context.Context, endpoint string) (Space, error) {
	ctx, stop := context.WithTimeout(ctx, spaceTimeout)
	defer stop()
	if w.upkeep != nil {
		if err := w.upkeep.tend(ctx); err != nil {
			klog.FromContext(ctx).Error(err, "Can't make room in the embedded etcd")
		}
		return w.upkeep.measure(), nil
	}
	status, err := w.client.Status(ctx, endpoint)
	if err != nil {
		return Space{}, err
	}
	return spaceOf(status), nil
}

func spaceOf(status *clientv3.StatusResponse) Space {
	space := Space{Size: status.DbSize, InUse: status.DbSizeInUse, Quota: status.DbSizeQuota}
	for _, alarm := range status.Errors {
		space.Refused = space.Refused || strings.Contains(alarm, pb.AlarmType_NOSPACE.String())
	}
	return space
}

// room is an answer to whoever would create something where space has almost run out: the rest is for the writes that it takes
// to delete.
func (w *spaceWatch) room() error {
	space := w.now()
	if space.Used() < reservedAt {
		return nil
	}
	return insufficientStorage(fmt.Sprintf("nothing can be created now: %s, and the last %.0f%% are kept for deleting: "+
		"delete something, or have etcd's quota raised", space, 100*(1-reservedAt)))
}
