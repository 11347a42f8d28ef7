// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// progressInterval is how often a replay asks etcd whether it has seen everything.
	progressInterval = 20 * time.Millisecond
	// partRevisions is how many revisions etcd sends at a time to a watcher that is behind, partsAhead how many such parts
	// are read at once.
	partRevisions, partsAhead = 1000, 32
)

// Summary says how much a replay saw, so that a test can tell that it tested something.
type Summary struct {
	// Revisions is how many revisions of etcd wrote a key under the prefix.
	Revisions int
	// Admissions and Releases are how often a GPU consumer went from holding no GPUs to holding some, and back.
	Admissions, Releases int
	// Waits is how often a request began to wait.
	Waits int
	// MaxUsed is the most GPUs that were in use at one revision, by the name of a Tenant or a Project and the family.
	MaxUsed map[string]map[string]int64
}

// Check replays every revision of the keys under prefix, from the first that is not compacted to the latest, and returns an
// error that names the first revision at which one of these did not hold:
//
//   - a namespace has at most one claim, and the claim has its one live object, by kind, name and UID;
//   - each Tenant and each Project has its claim and its record in the ledger, which says what the object says, and no
//     record is without its object;
//   - each Project has a Tenant that is not being deleted, and no quota above that Tenant's;
//   - each ComputePool and each AIWorkload holds all GPUs that its spec asks for or none, and has a request record in the
//     ledger, under its Project's Tenant, that says the same; one that asks for none, is suspended, or is charged to a pool,
//     has no record, and neither has one that waits while it is being deleted;
//   - what a Project or a Tenant uses of a family only ever grew to at most what the objects limit it to, and a request to at
//     most what one request may ask for; what a Project that is being deleted uses never grew;
//   - a waiting request keeps its place while it asks for the same, and no request gets an older one;
//   - a request record changes only while some server has the turn to decide on its Tenant;
//   - no two objects of a kind were written at one revision, which a watch would lose.
//
// What is written while Check runs is not looked at.
func Check(ctx context.Context, client *clientv3.Client, prefix string) error {
	_, err := Replay(ctx, client, prefix)
	return err
}

// Replay is Check, and says what it saw.
func Replay(ctx context.Context, client *clientv3.Client, prefix string) (Summary, error) {
	return check(ctx, client, prefix, false)
}

// CheckOrder is Check, and checks also that no GPUs went to a request while an older one of the same Tenant, that waited
// and would have fitted, fitted no more after. It holds of a history with one write at a time, each after all that the one
// before made room for was admitted: a release does not wait for decisions in flight, so it may come in between an
// admission's decision and its commit. Waiting requests that are admitted one after the other count as admitted in their order.
func CheckOrder(ctx context.Context, client *clientv3.Client, prefix string) (Summary, error) {
	return check(ctx, client, prefix, true)
}

func check(ctx context.Context, client *clientv3.Client, prefix string, order bool) (Summary, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	latest, err := client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return Summary{}, fmt.Errorf("reading etcd's revision: %w", err)
	}
	for from := int64(0); ; {
		state := newState(prefix, order)
		compacted, err := state.replay(ctx, client, from, latest.Header.Revision)
		if compacted == 0 || err != nil {
			return state.summary, err
		}
		from = compacted
	}
}

// replay checks the revisions after from up to last, starting from the state at from; 0 means the empty etcd. If etcd has
// compacted some of them, it returns the first revision that can still be read.
func (s *state) replay(ctx context.Context, client *clientv3.Client, from, last int64) (compacted int64, err error) {
	if from > 0 {
		base, err := client.Get(ctx, s.prefix, clientv3.WithPrefix(), clientv3.WithRev(from))
		if err != nil {
			return 0, fmt.Errorf("reading the state at revision %d: %w", from, err)
		}
		if err := s.base(from, puts(base.Kvs)); err != nil {
			return 0, err
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for reading := range read(ctx, client, s.prefix, from+1, last) {
		part := <-reading
		if part.compacted > 0 || part.err != nil {
			return part.compacted, part.err
		}
		if err := s.events(part.events); err != nil {
			return 0, err
		}
	}
	return 0, errors.Join(ctx.Err(), s.settleOrder())
}

func puts(kvs []*mvccpb.KeyValue) []*clientv3.Event {
	events := make([]*clientv3.Event, len(kvs))
	for i, kv := range kvs {
		events[i] = &clientv3.Event{Type: clientv3.EventTypePut, Kv: kv}
	}
	return events
}

// part is the events of a part of the history, or why there are none.
type part struct {
	events    []*clientv3.Event
	compacted int64
	err       error
}

// read reads the revisions from first to last of the keys under prefix, in parts that come in order, some of them ahead of
// the one that is asked for: to a watcher that is behind, etcd sends but a part at a time, and reads all of the rest each time.
func read(ctx context.Context, client *clientv3.Client, prefix string, first, last int64) <-chan chan part {
	parts := make(chan chan part, partsAhead)
	go func() {
		defer close(parts)
		for ; first <= last; first += partRevisions {
			reading := make(chan part, 1)
			select {
			case <-ctx.Done():
				return
			case parts <- reading:
				go func(first int64) { reading <- readPart(ctx, client, prefix, first, min(first+partRevisions-1, last)) }(first)
			}
		}
	}()
	return parts
}

func readPart(ctx context.Context, client *clientv3.Client, prefix string, first, last int64) part {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watch := client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(first))
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	var events []*clientv3.Event
	for {
		select {
		case <-ctx.Done():
			return part{err: ctx.Err()}
		case <-ticker.C:
			if err := client.RequestProgress(ctx); err != nil {
				return part{err: fmt.Errorf("asking etcd how far the replay is: %w", err)}
			}
		case response, ok := <-watch:
			switch {
			case !ok:
				return part{err: errors.New("etcd ended the replay")}
			case response.CompactRevision > 0:
				return part{compacted: response.CompactRevision}
			case response.Err() != nil:
				return part{err: fmt.Errorf("replaying etcd's history: %w", response.Err())}
			}
			for _, event := range response.Events {
				if event.Kv.ModRevision > last {
					return part{events: events}
				}
				events = append(events, event)
			}
			// A revision comes in one response, and progress on the same stream, after the events that it is about.
			if n := len(events); (n > 0 && events[n-1].Kv.ModRevision == last) || (response.IsProgressNotify() && response.Header.Revision >= last) {
				return part{events: events}
			}
		}
	}
}

// events applies the events of a part, which holds all of a revision or nothing of it.
func (s *state) events(events []*clientv3.Event) error {
	for len(events) > 0 {
		revision, n := events[0].Kv.ModRevision, 1
		for n < len(events) && events[n].Kv.ModRevision == revision {
			n++
		}
		if err := s.revision(revision, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}
