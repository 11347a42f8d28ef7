// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
)

// Difference is a record of the ledger that is not what the objects say.
type Difference struct {
	// Key is the record's in etcd.
	Key string
	// Is is the record as it is stored, Want as it should be; empty for none.
	Is, Want string
	// Why is what says so.
	Why string
	// Requeued says that the record makes a request wait behind all others, since nobody knows any more when it came.
	Requeued bool

	// created is when the object of the record was.
	created time.Time
	// guards hold as long as the record and its objects are as they were read. fence ends the decisions that are on their way.
	guards []clientv3.Cmp
	fence  []clientv3.Op
}

// String says what is wrong with the record.
func (d Difference) String() string {
	if d.Is == "" {
		return fmt.Sprintf("%s is missing: %s", d.Key, d.Why)
	}
	return fmt.Sprintf("%s is %s: %s", d.Key, d.Is, d.Why)
}

// Plan says what Repair does to the record.
func (d Difference) Plan() string {
	switch {
	case d.Want == "":
		return fmt.Sprintf("delete %s: %s -> nothing", d.Key, d.Is)
	case d.Requeued:
		return fmt.Sprintf("put %s: %s -> %s, at the end of its queue", d.Key, cmp.Or(d.Is, "nothing"), d.Want)
	}
	return fmt.Sprintf("put %s: %s -> %s", d.Key, cmp.Or(d.Is, "nothing"), d.Want)
}

// Repair makes the record what it should be, unless it or its objects have changed since they were compared: then it does
// nothing and returns false. Servers may be running: what they have decided on the record as it was is not written any more.
func (d Difference) Repair(ctx context.Context, kv clientv3.KV) (bool, error) {
	op := clientv3.OpDelete(d.Key)
	if d.Want != "" {
		op = clientv3.OpPut(d.Key, d.Want)
	}
	response, err := kv.Txn(ctx).If(d.guards...).Then(append([]clientv3.Op{op}, d.fence...)...).Commit()
	if err != nil {
		return false, fmt.Errorf("repairing %s: %w", d.Key, err)
	}
	return response.Succeeded, nil
}

// recordKind is what the records of one kind have in common.
type recordKind struct {
	// parts are how many the key has after the kind.
	parts int
	// objects are those that a record depends on; the first of them, as many as callers, may call for it.
	objects func(parts []string) []string
	callers int
	// read reads a record.
	read func(value []byte) (any, error)
}

var recordKinds = map[string]recordKind{
	"claims":   {1, func(p []string) []string { return []string{tenantObject(p[0]), projectObject(p[0])} }, 2, readStrictly[claim]},
	"tenants":  {1, func(p []string) []string { return []string{tenantObject(p[0])} }, 1, readStrictly[tenantRecord]},
	"projects": {2, func(p []string) []string { return []string{projectObject(p[1])} }, 1, readStrictly[projectRecord]},
	"requests": {4, func(p []string) []string { return []string{path.Join(p[2], p[1], p[3]), projectObject(p[1])} }, 1, readStrictly[requestRecord]},
	"turns":    {1, func(p []string) []string { return []string{tenantObject(p[0])} }, 1, readStrictly[turnRecord]},
}

// tenantObject and projectObject are the keys of objects, under the prefix.
func tenantObject(name string) string { return path.Join("tenants", name) }

func projectObject(name string) string { return path.Join("projects", name, name) }

// readStrictly refuses what a server of this version would not have written.
func readStrictly[T any](value []byte) (any, error) {
	var record T
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&record); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the record")
	}
	return record, nil
}

// record takes in a record of the ledger.
func (c *comparison) record(kv *mvccpb.KeyValue) error {
	c.report.Records++
	err := c.compare(string(kv.Key), kv)
	delete(c.wanted, string(kv.Key))
	return err
}

// compare compares the record at key, nil where there is none, with what the objects call for.
func (c *comparison) compare(key string, kv *mvccpb.KeyValue) error {
	parts := strings.Split(strings.TrimPrefix(key, c.ledger.prefix+"/"), "/")
	kind, known := recordKinds[parts[0]]
	if !known || len(parts) != kind.parts+1 {
		c.problem("%s is not a key of this version's ledger, and left as it is", key)
		return nil
	}
	d := Difference{Key: key}
	var is any // Stays nil for what can't be read, and so is not what is called for.
	var err error
	revision := int64(0)
	if kv != nil {
		is, _ = kind.read(kv.Value)
		d.Is, revision = printable(kv.Value), kv.ModRevision
	}
	d.guards = []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", revision)}
	objects := kind.objects(parts[1:])
	found := ""
	for i, name := range objects {
		object, exists := c.objects[c.prefix+name]
		if object.obscure {
			return nil
		}
		if exists && i < kind.callers {
			found = name
		}
		d.guards = append(d.guards, clientv3.Compare(clientv3.ModRevision(c.prefix+name), "=", object.revision))
	}
	want, wanted := c.wanted[key]
	want.record, d.Requeued = placed(want.record, is, revision)
	if (wanted && equality.Semantic.DeepEqual(is, want.record)) || (parts[0] == "turns" && is != nil && found != "") {
		return nil // A turn may be any server's.
	}
	switch {
	case wanted:
		value, err := json.Marshal(want.record)
		if err != nil {
			return fmt.Errorf("encoding the record %s: %w", key, err)
		}
		d.Want, d.created = string(value), want.created
		d.Why = fmt.Sprintf("%s calls for %s", want.object, value)
	case found != "":
		d.Why = found + " calls for none"
	default:
		d.Why = "there is no " + strings.Join(objects[:kind.callers], " or ")
	}
	if parts[0] == "requests" {
		if d.fence, err = c.fence(parts[1]); err != nil {
			return err
		}
	}
	c.report.Differences = append(c.report.Differences, d)
	return nil
}

// placed is record with the place in the queue that the request has now, as far as it is known; requeued says that it is not.
func placed(record, is any, revision int64) (_ any, requeued bool) {
	want, ok := record.(requestRecord)
	if !ok || want.Held {
		return record, false
	}
	has, ok := is.(requestRecord)
	if !ok || has.Held || has.UID != want.UID {
		return want, true
	}
	if want.Place = has.Place; want.Place == 0 && !equality.Semantic.DeepEqual(has, want) {
		want.Place = revision
	}
	return want, false
}

// fence takes the turn to decide on the Tenant's GPUs, so that no server can write what it has decided on records that are
// about to change.
func (c *comparison) fence(tenant string) ([]clientv3.Op, error) {
	if _, exists := c.objects[c.prefix+tenantObject(tenant)]; !exists {
		return []clientv3.Op{clientv3.OpDelete(c.ledger.turnKey(tenant))}, nil
	}
	turn, err := put(c.ledger.turnKey(tenant), turnRecord{Server: "check-ledger"})
	return []clientv3.Op{turn}, err
}

// printable is value as it is, or quoted if it would not print on a line.
func printable(value []byte) string {
	if !utf8.Valid(value) || bytes.ContainsFunc(value, unicode.IsControl) || len(value) == 0 {
		return strconv.Quote(string(value))
	}
	return string(value)
}
