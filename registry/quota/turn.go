// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"spectrocloud.com/tenancy/pkg/storage"
)

const (
	// minHold is the least time that a server which has the turn is left to it by others that want it.
	minHold = 25 * time.Millisecond
	// maxHold is the most.
	maxHold = 200 * time.Millisecond
	// minIdle is the least time that it must have changed nothing before another takes the turn all the same.
	minIdle = 2 * time.Millisecond
	// holdFactor is how many times longer the turn is left to a server than taking it takes, and so how little is lost by
	// passing it on: a machine under load is slower at both.
	holdFactor = 10
)

// inTurn calls decide with a Tenant's account, under the lock, once this server has the turn and the view holds all that
// was decided before it was taken. Then no other server's decision can come to pass between this one and its write.
func (l *Ledger) inTurn(ctx context.Context, tenant string, decide func(*account) (*storage.Transaction, error)) (*storage.Transaction, error) {
	for {
		a, err := l.view.lockCurrent(ctx, tenant)
		if err != nil {
			return nil, err
		}
		if a.hasTurn() {
			l.grant(a) // Who has waited comes before who asks now.
			txn, err := decide(a)
			l.view.mu.Unlock()
			return txn, err
		}
		taking, first := a.taking, a.taking == nil
		if first {
			taking = make(chan struct{})
			a.taking = taking
		}
		l.view.mu.Unlock()
		if first {
			err := l.takeTurn(ctx, a)
			l.view.mu.Lock()
			a.taking = nil
			l.view.mu.Unlock()
			close(taking)
			if err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the turn to decide on Tenant %s: %w", tenant, ctx.Err())
		case <-taking:
		}
	}
}

// lockCurrent returns the account of a Tenant, with the lock held, as soon as it is not known to be out of date.
func (v *view) lockCurrent(ctx context.Context, tenant string) (*account, error) {
	behind := int64(1)
	for {
		if err := v.wait(ctx, behind); err != nil {
			return nil, err
		}
		v.mu.Lock()
		a := v.account(tenant)
		for _, err := range a.broken {
			v.mu.Unlock()
			return nil, err
		}
		if a.behind <= v.revision {
			return a, nil
		}
		behind = a.behind
		v.mu.Unlock()
	}
}

// hasTurn tells whether the turn is the one that this server took.
func (a *account) hasTurn() bool { return a.mine != 0 && a.mine == a.turn.revision }

// takeTurn tries once to take the turn, in time. Whether it has it the account tells.
func (l *Ledger) takeTurn(ctx context.Context, a *account) error {
	known, tenant, err := l.awaitTurn(ctx, a)
	if err != nil {
		return err
	}
	put, err := put(l.turnKey(a.name), turnRecord{Server: l.id})
	if err != nil {
		return err
	}
	start := time.Now()
	response, err := l.kv.Txn(ctx).If(
		clientv3.Compare(clientv3.ModRevision(l.turnKey(a.name)), "=", known),
		clientv3.Compare(clientv3.ModRevision(l.tenantKey(a.name)), "=", tenant),
	).Then(put).Commit()
	if err != nil {
		return fmt.Errorf("taking the turn to decide on Tenant %s: %w", a.name, err)
	}
	// All that was decided in an earlier turn has come to pass by now, or never will.
	revision := response.Header.Revision
	if err := l.view.wait(ctx, revision); err != nil || !response.Succeeded {
		return err
	}
	turnsTaken.Inc()
	l.view.mu.Lock()
	defer l.view.mu.Unlock()
	l.taking = (3*l.taking + time.Since(start)) / 4
	if a.turn.revision == revision {
		a.mine = revision
		a.startOver()
	}
	return nil
}

// awaitTurn returns, when it is polite to take the turn, what the turn and the Tenant's record were at.
func (l *Ledger) awaitTurn(ctx context.Context, a *account) (turn, tenant int64, err error) {
	for {
		l.view.mu.Lock()
		turn, tenant = a.turn.revision, a.tenant.revision
		pause := l.patience(a, time.Now())
		l.view.mu.Unlock()
		if pause <= 0 {
			return turn, tenant, nil
		}
		select {
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("waiting for the turn to decide on Tenant %s: %w", a.name, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// patience is how long to leave the turn to the server that has it: as long as it changes something, up to the hold. One
// that has yet to begin is not idle.
func (l *Ledger) patience(a *account, now time.Time) time.Duration {
	if a.turn.revision == 0 || a.turn.value.Server == l.id {
		return 0
	}
	rest := min(max(minHold, holdFactor*l.taking), maxHold) - now.Sub(a.turnSeen)
	if a.lastChange.After(a.turnSeen) {
		return min(rest, max(minIdle, l.taking)-now.Sub(a.lastChange))
	}
	return rest
}
