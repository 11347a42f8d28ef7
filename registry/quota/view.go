// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
)

const (
	// reloadPause is between two tries to read the ledger.
	reloadPause = 200 * time.Millisecond
	// progressPause is between two questions to etcd whether the view has everything.
	progressPause = 5 * time.Millisecond
	// heardEvery is how often that is asked even if nobody waits for it, heardWithin how long the answer may take.
	heardEvery  = 10 * time.Second
	heardWithin = 30 * time.Second
)

// view is the ledger in memory, kept current by one watch. What a decision of this server has put in etcd is in the view
// before the client is answered; what others put there comes with the watch, and wait says when it has come.
type view struct {
	kv         clientv3.KV
	newWatcher func() clientv3.Watcher
	prefix     string

	mu       sync.Mutex
	accounts map[string]*account
	// tenants are by Project.
	tenants map[string]string
	// revision is etcd's, up to which the watch has brought everything; 0 until the ledger has been read.
	revision int64
	// heard is when that was last known to be all there is, or became more.
	heard time.Time
	// moved is closed, and made anew, whenever revision grows.
	moved chan struct{}
	// ahead are the revisions of the keys that this server's own writes have brought here before the watch did.
	ahead map[string]int64
	// asked wakes who asks etcd for its progress.
	asked chan struct{}
	// heardEvery is the constant, but for tests.
	heardEvery time.Duration
	// changed is told of every account that the watch has changed, under the lock.
	changed func(*account)
}

func newView(kv clientv3.KV, newWatcher func() clientv3.Watcher, prefix string, changed func(*account)) *view {
	v := &view{kv: kv, newWatcher: newWatcher, prefix: prefix, heardEvery: heardEvery, changed: changed}
	v.moved, v.asked = make(chan struct{}), make(chan struct{}, 1)
	v.reset()
	return v
}

func (v *view) reset() {
	v.accounts, v.tenants, v.ahead = map[string]*account{}, map[string]string{}, map[string]int64{}
}

func (v *view) loaded() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.revision > 0
}

// account is that of a Tenant. Call it under the lock.
func (v *view) account(tenant string) *account {
	a := v.accounts[tenant]
	if a == nil {
		a = newAccount(tenant)
		v.accounts[tenant] = a
	}
	return a
}

// run reads the ledger and follows it until ctx is done. Whenever the watch breaks it starts over.
func (v *view) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := v.follow(ctx); err != nil && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "The ledger is read again")
		}
		select {
		case <-ctx.Done():
		case <-time.After(reloadPause):
		}
	}
}

func (v *view) follow(ctx context.Context) error {
	ctx, stop := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer stop()
	revision, err := v.load(ctx)
	if err != nil {
		return err
	}
	watcher := v.newWatcher()
	defer watcher.Close()
	watch := watcher.Watch(ctx, v.prefix+"/", clientv3.WithPrefix(), clientv3.WithRev(revision+1))
	go v.askForProgress(ctx, watcher)
	go wait.UntilWithContext(ctx, v.listen, v.heardEvery)
	for response := range watch {
		if err := response.Err(); err != nil {
			return fmt.Errorf("watching the ledger: %w", err)
		}
		v.take(response)
	}
	return nil
}

// load reads the whole ledger at one revision, in the place of what the view held.
func (v *view) load(ctx context.Context) (int64, error) {
	var kvs []*mvccpb.KeyValue
	revision, err := pages(ctx, v.kv, v.prefix+"/", 0, func(page []*mvccpb.KeyValue) error {
		kvs = append(kvs, page...)
		return nil
	})
	if err != nil {
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reset()
	for _, kv := range kvs {
		v.apply(string(kv.Key), kv.Value, kv.ModRevision)
	}
	v.advance(revision)
	return revision, nil
}

// take takes in what the watch brings. A revision is never split between two responses.
func (v *view) take(response clientv3.WatchResponse) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, event := range response.Events {
		key, revision := string(event.Kv.Key), event.Kv.ModRevision
		if ahead, ok := v.ahead[key]; ok && revision <= ahead {
			if revision == ahead {
				delete(v.ahead, key)
			}
			continue
		}
		delete(v.ahead, key)
		v.apply(key, event.Kv.Value, revision)
	}
	if n := len(response.Events); n > 0 {
		v.advance(response.Events[n-1].Kv.ModRevision)
	} else if response.IsProgressNotify() {
		v.advance(response.Header.Revision)
	}
}

// wrote takes in what this server has itself written at revision; a nil value is a key that it deleted. Call it under the
// lock.
func (v *view) wrote(key string, value []byte, revision int64) {
	if revision <= v.revision || v.ahead[key] >= revision {
		return // The watch was faster, or a later write.
	}
	v.ahead[key] = revision
	v.apply(key, value, revision)
}

// apply makes the view hold what key holds at revision; no value means no key. Call it under the lock.
//
// A record that can't be read stops its Tenant's decisions, and no other's.
func (v *view) apply(key string, value []byte, revision int64) {
	parts := strings.Split(strings.TrimPrefix(key, v.prefix+"/"), "/")
	if parts[0] == "claims" || len(parts) < 2 {
		return // Claims are read when they are needed.
	}
	a := v.account(parts[1])
	var err error
	switch {
	case parts[0] == "tenants" && len(parts) == 2:
		a.tenant, err = recordAt[tenantRecord](value, revision)
		a.limitsMoved()
	case parts[0] == "turns" && len(parts) == 2:
		a.turn, err = recordAt[turnRecord](value, revision)
		a.turnSeen = time.Now()
	case parts[0] == "projects" && len(parts) == 3:
		project := a.project(parts[2])
		project.record, err = recordAt[projectRecord](value, revision)
		if v.tenants[parts[2]] = parts[1]; value == nil {
			delete(v.tenants, parts[2])
		}
		a.limitsMoved()
	case parts[0] == "requests" && len(parts) == 5:
		var record record[requestRecord]
		record, err = recordAt[requestRecord](value, revision)
		a.set(requestKey{project: parts[2], resource: parts[3], name: parts[4]}, record)
		a.lastChange = time.Now()
	default:
		err = errors.New("it is not a key of the ledger")
	}
	delete(a.broken, key)
	if err != nil {
		a.broken[key] = fmt.Errorf("the ledger's record %s can't be read: %w", key, err)
	}
	a.tidy()
	if a.gone() {
		delete(v.accounts, a.name)
	}
	v.changed(a)
}

// record is what a key holds; its revision is 0 where there is no such key.
type record[T any] struct {
	value    T
	revision int64
}

func recordAt[T any](value []byte, revision int64) (record[T], error) {
	var r record[T]
	if value == nil {
		return r, nil
	}
	r.revision = revision
	return r, json.Unmarshal(value, &r.value)
}

// advance is told that the view has everything up to revision. Call it under the lock.
func (v *view) advance(revision int64) {
	v.heard = time.Now()
	if revision > v.revision {
		v.revision = revision
		close(v.moved)
		v.moved = make(chan struct{})
	}
}

// now waits until the view holds everything that etcd has acknowledged to anyone before the call.
func (v *view) now(ctx context.Context) error {
	response, err := v.kv.Get(ctx, v.prefix, clientv3.WithCountOnly())
	if err != nil {
		return fmt.Errorf("asking etcd for its revision: %w", err)
	}
	return v.wait(ctx, response.Header.Revision)
}

// wait returns when the view holds everything up to revision.
func (v *view) wait(ctx context.Context, revision int64) error {
	for {
		v.mu.Lock()
		current, moved := v.revision, v.moved
		v.mu.Unlock()
		if current >= revision && current > 0 {
			return nil
		}
		select {
		case v.asked <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for revision %d of the ledger, which has been read up to %d: %w", revision, current, ctx.Err())
		case <-moved:
		case <-time.After(progressPause):
		}
	}
}

// followed tells whether the watch brings what changes. Call it under the lock.
func (v *view) followed() bool { return v.revision > 0 && time.Since(v.heard) < heardWithin }

// listen finds out whether the watch is well, also where nothing changes that it could bring.
func (v *view) listen(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, heardWithin)
	defer stop()
	if err := v.now(ctx); err != nil {
		klog.FromContext(ctx).V(2).Info("The ledger is not followed", "err", err)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.heard = time.Now()
}

// askForProgress asks etcd how far the watch is whenever someone waits.
func (v *view) askForProgress(ctx context.Context, watcher clientv3.Watcher) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-v.asked:
			if err := watcher.RequestProgress(ctx); err != nil && ctx.Err() == nil {
				klog.FromContext(ctx).Error(err, "Asking etcd for the ledger's progress failed and is repeated")
			}
		}
	}
}
