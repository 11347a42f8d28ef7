// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"errors"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
)

// Transaction is what the write of one object carries in the same etcd transaction. An etcd transaction holds 128
// operations by default; the object takes one guard and one operation of these.
type Transaction struct {
	// Guards must all hold, or nothing is written and the write fails with ErrGuardFailed.
	Guards []clientv3.Cmp
	// Then is done together with the object's own put or delete.
	Then []clientv3.Op
	// Settle, if set, is called exactly once, when what came of the write is known: also where it never got to etcd.
	Settle func(Outcome)

	outcome Outcome
}

// Outcome is what came of a write.
type Outcome struct {
	// Result says whether the write was done.
	Result Result
	// Revision is etcd's at the answer; 0 where there was none.
	Revision int64
}

// Result says whether a write was done.
type Result int

const (
	// NotWritten is for a write that was refused, given up or needless. It will not happen later either.
	NotWritten Result = iota
	// Written is for a write that was done, at the Outcome's revision.
	Written
	// GuardFailed is for a write that was refused because what it was decided on had changed by the Outcome's revision.
	GuardFailed
	// Unknown is for a write that etcd did not answer: it may have been done, or be done later.
	Unknown
)

// commitTimeout is how long etcd may take for a write that has to be settled.
const commitTimeout = 10 * time.Second

// settle tells what came of the write, and makes t one that carries nothing.
func (t *Transaction) settle() {
	settle, outcome := t.Settle, t.outcome
	*t = Transaction{}
	if settle != nil {
		settle(outcome)
	}
}

// Discard settles a Transaction that nothing will carry. A nil one holds nothing.
func (t *Transaction) Discard() {
	if t != nil {
		t.settle()
	}
}

// ErrGuardFailed says that the object was as expected but a guard of its Transaction was not: what the write was decided
// on has changed, so it has to be decided again.
var ErrGuardFailed = errors.New("a guard of the transaction failed")

type transactionKey struct{}

// WithTransaction returns a context whose optimistic writes carry txn. The client reads txn at each write, so a retry may
// fill it anew.
func WithTransaction(ctx context.Context, txn *Transaction) context.Context {
	return context.WithValue(ctx, transactionKey{}, txn)
}

func transactionFrom(ctx context.Context) *Transaction {
	txn, _ := ctx.Value(transactionKey{}).(*Transaction)
	if txn == nil || (len(txn.Guards)+len(txn.Then) == 0 && txn.Settle == nil) {
		return nil
	}
	return txn
}

// CarryTransactions makes the optimistic writes of client, through which the etcd3 store does all of its writes, carry
// the Transaction of their context.
func CarryTransactions(client *kubernetes.Client) {
	client.Kubernetes = &carrier{Interface: client.Kubernetes, client: client}
}

type carrier struct {
	kubernetes.Interface
	client *kubernetes.Client
}

// OptimisticPut puts the object if it is at the expected revision and the guards of the context's Transaction hold.
func (c *carrier) OptimisticPut(ctx context.Context, key string, value []byte, expected int64, opts kubernetes.PutOptions) (kubernetes.PutResponse, error) {
	txn := transactionFrom(ctx)
	if txn == nil {
		return c.Interface.OptimisticPut(ctx, key, value, expected, opts)
	}
	result, err := c.commit(ctx, txn, key, expected, clientv3.OpPut(key, string(value), clientv3.WithLease(opts.LeaseID)))
	if err != nil || result.Succeeded || opts.GetOnFailure {
		return kubernetes.PutResponse(result), err
	}
	return kubernetes.PutResponse{Revision: result.Revision}, nil
}

// OptimisticDelete deletes the object if it is at the expected revision and the guards of the context's Transaction hold.
func (c *carrier) OptimisticDelete(ctx context.Context, key string, expected int64, opts kubernetes.DeleteOptions) (kubernetes.DeleteResponse, error) {
	txn := transactionFrom(ctx)
	if txn == nil {
		return c.Interface.OptimisticDelete(ctx, key, expected, opts)
	}
	result, err := c.commit(ctx, txn, key, expected, clientv3.OpDelete(key))
	if err != nil || result.Succeeded || opts.GetOnFailure {
		return result, err
	}
	return kubernetes.DeleteResponse{Revision: result.Revision}, nil
}

// commit does op on the object and what txn carries, or nothing. A failed response means that the object was not at the
// expected revision, and holds the object that was found; a failed guard is ErrGuardFailed. Where both failed the
// object wins, so that a create of a taken name answers so, whatever its guards say.
func (c *carrier) commit(ctx context.Context, txn *Transaction, key string, expected int64, op clientv3.Op) (kubernetes.DeleteResponse, error) {
	if txn.Settle != nil {
		// A client that hangs up must not leave the outcome unknown.
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
		defer stop()
	}
	txn.outcome = Outcome{Result: Unknown}
	guards := append([]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", expected)}, txn.Guards...)
	response, err := c.client.KV.Txn(ctx).
		If(guards...).
		Then(append([]clientv3.Op{op}, txn.Then...)...).
		Else(clientv3.OpGet(key)).
		Commit()
	if err != nil {
		return kubernetes.DeleteResponse{}, err
	}
	result := kubernetes.DeleteResponse{Succeeded: response.Succeeded, Revision: response.Header.Revision}
	if response.Succeeded {
		txn.outcome = Outcome{Result: Written, Revision: result.Revision}
		return result, nil
	}
	txn.outcome = Outcome{Result: NotWritten, Revision: result.Revision}
	found := int64(0)
	if kvs := response.Responses[0].GetResponseRange().Kvs; len(kvs) == 1 {
		result.KV, found = kvs[0], kvs[0].ModRevision
	}
	if found == expected {
		txn.outcome.Result = GuardFailed
		return kubernetes.DeleteResponse{}, ErrGuardFailed
	}
	return result, nil
}
