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

// progressInterval is how often a replay asks etcd whether it has seen everything.
const progressInterval = 20 * time.Millisecond

// Check replays every revision of the keys under prefix, from the first that is not compacted to the latest, and returns an
// error that names the first revision at which one of these did not hold:
//
//   - a namespace has at most one claim, and the claim has its one live object, by kind, name and UID;
//   - each Tenant and each Project has its claim and its record in the ledger, which says what the object says, and no
//     record is without its object;
//   - each Project has a Tenant that is not being deleted, and no quota above that Tenant's.
//
// What is written while Check runs is not looked at.
func Check(ctx context.Context, client *clientv3.Client, prefix string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	latest, err := client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return fmt.Errorf("reading etcd's revision: %w", err)
	}
	for from := int64(0); ; {
		compacted, err := replay(ctx, client, prefix, from, latest.Header.Revision)
		if compacted == 0 || err != nil {
			return err
		}
		from = compacted
	}
}

// replay checks the revisions after from up to last, starting from the state at from; 0 means the empty etcd. If etcd has
// compacted some of them, it returns the first revision that can still be read.
func replay(ctx context.Context, client *clientv3.Client, prefix string, from, last int64) (compacted int64, err error) {
	state := newState(prefix)
	if from > 0 {
		base, err := client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(from))
		if err != nil {
			return 0, fmt.Errorf("reading the state at revision %d: %w", from, err)
		}
		if err := state.revision(from, puts(base.Kvs)); err != nil {
			return 0, err
		}
	}
	if from >= last {
		return 0, nil
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watch := client.Watch(watching, prefix, clientv3.WithPrefix(), clientv3.WithRev(from+1))
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
			if err := client.RequestProgress(watching); err != nil {
				return 0, fmt.Errorf("asking etcd how far the replay is: %w", err)
			}
		case response, ok := <-watch:
			switch {
			case !ok:
				return 0, errors.New("etcd ended the replay")
			case response.CompactRevision > 0:
				return response.CompactRevision, nil
			case response.Err() != nil:
				return 0, fmt.Errorf("replaying etcd's history: %w", response.Err())
			}
			if err := state.events(response.Events, last); err != nil {
				return 0, err
			}
			// Progress comes on the same stream, after the events that it is about.
			if response.IsProgressNotify() && response.Header.Revision >= last {
				return 0, nil
			}
		}
	}
}

func puts(kvs []*mvccpb.KeyValue) []*clientv3.Event {
	events := make([]*clientv3.Event, len(kvs))
	for i, kv := range kvs {
		events[i] = &clientv3.Event{Type: clientv3.EventTypePut, Kv: kv}
	}
	return events
}

// events applies a watch response, which holds all of a revision or nothing of it, up to revision last.
func (s *state) events(events []*clientv3.Event, last int64) error {
	for len(events) > 0 && events[0].Kv.ModRevision <= last {
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
