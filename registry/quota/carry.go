// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"encoding/json"

	clientv3 "go.etcd.io/etcd/client/v3"

	"spectrocloud.com/tenancy/pkg/storage"
)

// carry is the transaction that puts a verdict on the consumer of key into the ledger. It is guarded by what was decided on,
// and keeps what was given reserved until it is settled. Call it under the lock.
func (l *Ledger) carry(a *account, key requestKey, v verdict) *storage.Transaction {
	stored := l.requestKey(a.name, key)
	txn := &storage.Transaction{Guards: []clientv3.Cmp{
		// The object may be newer than the view, where another write of it is in etcd and yet to be settled.
		clientv3.Compare(clientv3.ModRevision(stored), "=", v.before.stored()),
		clientv3.Compare(clientv3.ModRevision(l.tenantKey(a.name)), "=", a.tenant.revision),
		clientv3.Compare(clientv3.ModRevision(l.projectKey(a.name, key.project)), "=", a.project(key.project).record.revision),
	}}
	if v.before == nil && v.after == nil {
		txn.Settle = func(outcome storage.Outcome) { l.noteBehind(a, outcome) }
		return txn
	}
	txn.Guards = append(txn.Guards, clientv3.Compare(clientv3.ModRevision(l.turnKey(a.name)), "=", a.turn.revision))
	c := &carried{ledger: l, account: a, key: key, stored: stored, turn: a.mine}
	if v.after == nil {
		txn.Then = []clientv3.Op{clientv3.OpDelete(c.stored)}
	} else {
		c.value, _ = json.Marshal(v.after) // Numbers and strings can always be written.
		txn.Then = []clientv3.Op{clientv3.OpPut(c.stored, string(c.value))}
	}
	switch {
	case v.before != nil && v.before.grant != nil && v.granted:
		c.reserved = v.before.grant
	case len(v.more) > 0:
		c.reserved = a.reserve(key, v.more, *v.after)
	}
	if c.reserved != nil {
		c.reserved.claimed = true
	}
	txn.Settle = c.settle
	return txn
}

// carried is a verdict on its way to etcd.
type carried struct {
	ledger  *Ledger
	account *account
	// turn is that in which it was decided.
	turn int64
	key  requestKey
	// stored is the record's key in etcd, value what it will hold; nil if it is deleted.
	stored   string
	value    []byte
	reserved *reservation
}

// settle makes the view agree with what came of the verdict.
func (c *carried) settle(outcome storage.Outcome) {
	l, a := c.ledger, c.account
	l.noteBehind(a, outcome)
	l.view.mu.Lock()
	defer l.view.mu.Unlock()
	if outcome.Result == storage.Written {
		l.view.wrote(c.stored, c.value, outcome.Revision)
	}
	if a.mine != c.turn {
		return // What was reserved in another turn is forgotten.
	}
	if c.reserved != nil && a.release(c.key, c.reserved) {
		a.freedFamilies(c.reserved.gpus)
		if r := a.requests[c.key]; r != nil && r.grant == c.reserved {
			r.grant = nil
		}
	}
	if outcome.Result == storage.Unknown {
		a.mine = 0 // It may come to pass until the turn is taken anew.
	}
	l.grant(a)
}

// noteBehind makes the next decision wait for what a failed guard has found.
func (l *Ledger) noteBehind(a *account, outcome storage.Outcome) {
	if outcome.Result != storage.GuardFailed {
		return
	}
	conflicts.Inc()
	l.view.mu.Lock()
	defer l.view.mu.Unlock()
	a.behind = max(a.behind, outcome.Revision)
}
