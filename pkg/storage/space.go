// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// measure asks one member, and has it tidied up first if it is ours.
func (w *spaceWatch) measure(ctx context.Context, endpoint string) (Space, error) {
	ctx, stop := context.WithTimeout(ctx, spaceTimeout)
	defer stop()
	if w.upkeep != nil {
		return w.upkeep.tend(ctx)
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

// rationed is a client that creates nothing where space has almost run out, so that there is enough for the writes that it
// takes to delete, and that tells writers what to do where etcd has none left.
type rationed struct {
	kubernetes.Interface
	space *spaceWatch
}

// OptimisticPut puts the object unless it is a new one for which there is no space.
func (r rationed) OptimisticPut(ctx context.Context, key string, value []byte, expected int64, opts kubernetes.PutOptions) (kubernetes.PutResponse, error) {
	if expected == 0 {
		if space := r.space.now(); space.Used() >= reservedAt {
			return kubernetes.PutResponse{}, insufficientStorage(fmt.Sprintf(
				"nothing can be created now: %s, and the last %.0f%% are kept for deleting: delete something, or have etcd's quota raised", space, 100*(1-reservedAt)))
		}
	}
	response, err := r.Interface.OptimisticPut(ctx, key, value, expected, opts)
	return response, explained(err)
}

// OptimisticDelete deletes the object.
func (r rationed) OptimisticDelete(ctx context.Context, key string, expected int64, opts kubernetes.DeleteOptions) (kubernetes.DeleteResponse, error) {
	response, err := r.Interface.OptimisticDelete(ctx, key, expected, opts)
	return response, explained(err)
}

func explained(err error) error {
	if !errors.Is(err, rpctypes.ErrNoSpace) {
		return err
	}
	return insufficientStorage("nothing can be written now: etcd's quota is used up. Delete what needs no clean-up, " +
		"and have etcd compacted and defragmented (an embedded one does so by itself) or its quota raised")
}

// insufficientStorage is an answer for which apimachinery has no function.
func insufficientStorage(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusInsufficientStorage, Reason: "InsufficientStorage", Message: message}}
}
