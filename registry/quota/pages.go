// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// pageSize is how many keys are read at once.
const pageSize = 5000

// pages calls do with all keys under prefix as they are at revision, in their order, and returns the revision; 0 is the
// present one.
func pages(ctx context.Context, kv clientv3.KV, prefix string, revision int64, do func([]*mvccpb.KeyValue) error) (int64, error) {
	for from, end := prefix, clientv3.GetPrefixRangeEnd(prefix); ; {
		page, err := kv.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(pageSize), clientv3.WithRev(revision))
		if err != nil {
			return 0, fmt.Errorf("reading the keys under %s: %w", prefix, err)
		}
		if revision == 0 {
			revision = page.Header.Revision
		}
		if err := do(page.Kvs); err != nil {
			return 0, err
		}
		if !page.More {
			return revision, nil
		}
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
	}
}
