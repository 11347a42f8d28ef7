// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apistorage "k8s.io/apiserver/pkg/storage"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
)

// Revisions numbers the WorkloadProfiles of a lineage. Beside the objects, etcd holds a record per lineage under
// <prefix>/revisions/<namespace>/<lineage>, written in the transactions of their creates and deletes. It is there as long as
// one of them is, so that no number is given twice, whichever of them are deleted.
type Revisions struct {
	kv     clientv3.KV
	prefix string
	// get finds the WorkloadProfile that a new one names.
	get func(ctx context.Context, namespace, name string) (*spectrocloud.WorkloadProfile, error)
}

// lineage is what is recorded of one.
type lineage struct {
	// Last is the number given last.
	Last int64 `json:"last"`
	// Live is how many revisions there are.
	Live int64 `json:"live"`
}

// Decide is the storage.Decide of WorkloadProfiles: it gives a new one its number.
func (r *Revisions) Decide(ctx context.Context, old, updated runtime.Object) (*storage.Transaction, error) {
	switch {
	case old == nil:
		return r.create(ctx, updated.(*spectrocloud.WorkloadProfile))
	case updated == nil:
		return r.remove(ctx, old.(*spectrocloud.WorkloadProfile))
	}
	return nil, nil
}

func (r *Revisions) create(ctx context.Context, profile *spectrocloud.WorkloadProfile) (*storage.Transaction, error) {
	name, guards, err := r.lineageOf(ctx, profile)
	if err != nil {
		return nil, err
	}
	key := r.key(profile.Namespace, name)
	record, revision, err := r.read(ctx, key)
	if err != nil {
		return nil, err
	}
	record.Last, record.Live = record.Last+1, record.Live+1
	profile.Status = spectrocloud.WorkloadProfileStatus{Lineage: name, Revision: record.Last}
	txn := record.write(key, revision)
	txn.Guards = append(txn.Guards, guards...)
	return txn, nil
}

// lineageOf is the lineage that a new WorkloadProfile belongs to, and what has to hold for that: its own, or that of the one it
// is a revision of, which must still be as it was read. (By the same name there could be one of another lineage by now.)
func (r *Revisions) lineageOf(ctx context.Context, profile *spectrocloud.WorkloadProfile) (string, []clientv3.Cmp, error) {
	ref := profile.Spec.RevisionOf
	if ref == nil {
		return profile.Name, nil, nil
	}
	before, err := r.get(ctx, profile.Namespace, ref.Name)
	if apierrors.IsNotFound(err) {
		return "", nil, apierrors.NewInvalid(spectrocloud.Kind("WorkloadProfile"), profile.Name,
			field.ErrorList{field.NotFound(field.NewPath("spec", "revisionOf", "name"), ref.Name)})
	}
	if err != nil {
		return "", nil, fmt.Errorf("reading WorkloadProfile %s/%s, which %s is a revision of: %w", profile.Namespace, ref.Name, profile.Name, err)
	}
	read, err := apistorage.APIObjectVersioner{}.ObjectResourceVersion(before)
	if err != nil {
		return "", nil, fmt.Errorf("reading WorkloadProfile %s/%s, which %s is a revision of: %w", profile.Namespace, ref.Name, profile.Name, err)
	}
	stored := path.Join("/", r.prefix, "workloadprofiles", profile.Namespace, ref.Name)
	return before.Status.Lineage, []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(stored), "=", int64(read))}, nil
}

func (r *Revisions) remove(ctx context.Context, profile *spectrocloud.WorkloadProfile) (*storage.Transaction, error) {
	key := r.key(profile.Namespace, profile.Status.Lineage)
	record, revision, err := r.read(ctx, key)
	if err != nil {
		return nil, err
	}
	record.Live--
	return record.write(key, revision), nil
}

func (r *Revisions) key(namespace, lineage string) string {
	return path.Join("/", r.prefix, "revisions", namespace, lineage)
}

// read returns the record at key and the etcd revision it is of; both are zero where there is none.
func (r *Revisions) read(ctx context.Context, key string) (record lineage, revision int64, err error) {
	response, err := r.kv.Get(ctx, key)
	if err != nil {
		return record, 0, fmt.Errorf("reading %s: %w", key, err)
	}
	if len(response.Kvs) == 0 {
		return record, 0, nil
	}
	if err := json.Unmarshal(response.Kvs[0].Value, &record); err != nil {
		return record, 0, fmt.Errorf("the record of revisions %s can't be read: %w", key, err)
	}
	return record, response.Kvs[0].ModRevision, nil
}

// write is the transaction that makes the record what it is now, if it still is at revision.
func (l lineage) write(key string, revision int64) *storage.Transaction {
	txn := &storage.Transaction{Guards: []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", revision)}}
	if l.Live <= 0 {
		txn.Then = []clientv3.Op{clientv3.OpDelete(key)}
		return txn
	}
	value, _ := json.Marshal(l) // Numbers can always be written.
	txn.Then = []clientv3.Op{clientv3.OpPut(key, string(value))}
	return txn
}
