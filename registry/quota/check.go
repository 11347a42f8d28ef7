// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"cmp"
	"context"
	"path"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// Decode reads an object of resource as it is stored under key.
type Decode func(ctx context.Context, resource, key string, value []byte) (runtime.Object, error)

// Report is how the ledger and the objects compare at one revision of etcd.
type Report struct {
	// Revision is etcd's, at which everything was read.
	Revision int64
	// Objects are how many there are of each of Resources, Records how many the ledger has.
	Objects map[string]int
	Records int
	// Differences are the records that are not what the objects say, in the order to repair them in.
	Differences []Difference
	// Problems are what can't be read, and what is wrong with the objects themselves: for a person to put right.
	Problems []string
}

// Resources are those whose objects have records, each after those that it depends on.
var Resources = []string{"tenants", "projects", "computepools", "aiworkloads"}

// Check compares the ledger under prefix with the objects there, all at one revision, and writes nothing. The place of a
// waiting request in its queue is not compared, since no object says it.
func Check(ctx context.Context, kv clientv3.KV, prefix string, decode Decode) (*Report, error) {
	c := &comparison{
		ledger:   Ledger{prefix: path.Join("/", prefix, "ledger")},
		prefix:   path.Join("/", prefix) + "/",
		decode:   decode,
		report:   &Report{Objects: map[string]int{}},
		objects:  map[string]stored{},
		wanted:   map[string]wanted{},
		tenants:  map[string]*spectrocloud.Tenant{},
		projects: map[string]*spectrocloud.Project{},
	}
	for _, resource := range Resources {
		if err := c.each(ctx, kv, c.prefix+resource+"/", func(kv *mvccpb.KeyValue) error { return c.object(ctx, resource, kv) }); err != nil {
			return nil, err
		}
	}
	if err := c.each(ctx, kv, c.ledger.prefix+"/", c.record); err != nil {
		return nil, err
	}
	for key := range c.wanted {
		if err := c.compare(key, nil); err != nil {
			return nil, err
		}
	}
	// Who has waited for longer gets the earlier place, as far as the objects tell.
	slices.SortFunc(c.report.Differences, func(a, b Difference) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.Key, b.Key))
	})
	return c.report, nil
}
