// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
)

// Ledger decides writes on the records beside the objects. Its keys are:
//
//	<prefix>/ledger/claims/<namespace>                              claim: whose namespace it is
//	<prefix>/ledger/tenants/<tenant>                                tenantRecord: what other objects' writes depend on in a Tenant
//	<prefix>/ledger/projects/<tenant>/<project>                     projectRecord: the same of a Project
//	<prefix>/ledger/requests/<tenant>/<project>/<resource>/<name>   requestRecord: the GPUs that a consumer holds or waits for
//	<prefix>/ledger/turns/<tenant>                                  turnRecord: the server that decides on a Tenant's GPUs
type Ledger struct {
	kv              clientv3.KV
	prefix          string
	authorizer      authorizer.Authorizer
	systemNamespace string

	// id is this server's, for as long as it runs.
	id   string
	view *view
	// taking is how long it takes to take a turn, lately. The view's lock covers it.
	taking   time.Duration
	admitter *admitter
}

// NewLedger returns the ledger beside the objects stored under prefix. authorizer answers who may manage a Tenant that
// does not name one of their groups. Writes of GPU consumers wait until it runs.
func NewLedger(backend *storage.Backend, prefix string, authorizer authorizer.Authorizer, systemNamespace string) *Ledger {
	l := &Ledger{
		kv:              backend.KV(),
		prefix:          path.Join("/", prefix, "ledger"),
		authorizer:      authorizer,
		systemNamespace: systemNamespace,
		id:              uuid.NewString(),
	}
	l.view = newView(l.kv, backend.Watcher, l.prefix, l.grant)
	l.admitter = newAdmitter(l)
	return l
}

// Run keeps the ledger's view current, and admits waiting requests, until ctx is done.
func (l *Ledger) Run(ctx context.Context) {
	figures.ledger.Store(l)
	defer figures.ledger.CompareAndSwap(l, nil)
	var running sync.WaitGroup
	running.Go(func() { l.view.run(ctx) })
	running.Go(func() { l.admitter.run(ctx) })
	running.Wait()
}

// Ready is an error until the ledger has been read once.
func (l *Ledger) Ready() error {
	if !l.view.loaded() {
		return errors.New("the ledger has not been read yet")
	}
	return nil
}

func (l *Ledger) claimKey(namespace string) string { return l.prefix + "/claims/" + namespace }

func (l *Ledger) tenantKey(tenant string) string { return l.prefix + "/tenants/" + tenant }

func (l *Ledger) projectKey(tenant, project string) string { return l.projectsPrefix(tenant) + project }

// projectsPrefix ends in a slash, so that it covers the Projects of no other Tenant.
func (l *Ledger) projectsPrefix(tenant string) string { return l.prefix + "/projects/" + tenant + "/" }

func (l *Ledger) turnKey(tenant string) string { return l.prefix + "/turns/" + tenant }

// requestsPrefix covers the requests of one Project.
func (l *Ledger) requestsPrefix(tenant, project string) string {
	return l.prefix + "/requests/" + tenant + "/" + project + "/"
}

// claim says whose namespace it is.
type claim struct {
	Kind string    `json:"kind"`
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
}

// tenantRecord is what writes of other objects depend on in a Tenant. It is written only when it changes, so that they
// are not disturbed by the Tenant's status.
type tenantRecord struct {
	UID         types.UID `json:"uid"`
	Terminating bool      `json:"terminating,omitempty"`
	Groups      []string  `json:"groups,omitempty"`
	GPUs        gpus      `json:"gpus"`
}

func tenantRecordOf(tenant *spectrocloud.Tenant) tenantRecord {
	return tenantRecord{
		UID:         tenant.UID,
		Terminating: tenant.DeletionTimestamp != nil,
		Groups:      tenant.Spec.TenantRoleMapping.Groups,
		GPUs:        gpus(tenant.Spec.GPUResources),
	}
}

// projectRecord is what writes of a Tenant, and of the Project's GPU consumers, depend on in a Project.
type projectRecord struct {
	UID         types.UID `json:"uid"`
	Terminating bool      `json:"terminating,omitempty"`
	GPUs        gpus      `json:"gpus"`
}

func projectRecordOf(project *spectrocloud.Project) projectRecord {
	return projectRecord{UID: project.UID, Terminating: project.DeletionTimestamp != nil, GPUs: gpus(project.Spec.GPUResources)}
}

// requestRecord is the GPUs that a ComputePool or an AIWorkload holds, or waits for.
type requestRecord struct {
	UID  types.UID              `json:"uid"`
	GPUs spectrocloud.GPUCounts `json:"gpus"`
	Held bool                   `json:"held,omitempty"`
	// Place orders those that wait: the lower the earlier. Where it is 0 the record's own revision is its place, which no
	// clock can argue with.
	Place int64 `json:"place,omitempty"`
}

// turnRecord names the one server whose decisions on a Tenant's GPUs count. It is no lock: any server may put its own name
// there at any time, after which every decision that is still on its way is refused.
type turnRecord struct {
	Server string `json:"server"`
}

// gpus is spectrocloud.GPUResources as it is stored: hub types have no serialized form of their own.
type gpus struct {
	Limits   spectrocloud.GPUCounts `json:"limits,omitempty"`
	Requests spectrocloud.GPUCounts `json:"requests,omitempty"`
}

// read is what one key held. revision is 0 where there was no such key.
type read struct {
	key      string
	value    []byte
	revision int64
}

// unchanged guards that the key is as it was read.
func (r read) unchanged() clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(r.key), "=", r.revision)
}

// decode reads the record that the key held into into; false where there was none.
func (r read) decode(into any) (bool, error) {
	if r.revision == 0 {
		return false, nil
	}
	if err := json.Unmarshal(r.value, into); err != nil {
		return false, fmt.Errorf("the ledger's record %s can't be read: %w", r.key, err)
	}
	return true, nil
}

// get reads keys at one revision, in one round trip.
func (l *Ledger) get(ctx context.Context, keys ...string) ([]read, error) {
	ops := make([]clientv3.Op, len(keys))
	for i, key := range keys {
		ops[i] = clientv3.OpGet(key)
	}
	response, err := l.kv.Txn(ctx).Then(ops...).Commit()
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	reads := make([]read, len(keys))
	for i, key := range keys {
		reads[i] = read{key: key}
		if kvs := response.Responses[i].GetResponseRange().Kvs; len(kvs) == 1 {
			reads[i].value, reads[i].revision = kvs[0].Value, kvs[0].ModRevision
		}
	}
	return reads, nil
}

// Claimed tells whether a Tenant or a Project has claimed a namespace.
func (l *Ledger) Claimed(ctx context.Context, namespace string) (bool, error) {
	reads, err := l.get(ctx, l.claimKey(namespace))
	if err != nil {
		return false, err
	}
	return reads[0].revision > 0, nil
}

// projects reads the records of all Projects of tenant. The guard holds until one of them is added or changed; one that
// goes takes no right from the Tenant, so it is let pass.
func (l *Ledger) projects(ctx context.Context, tenant string) ([]*mvccpb.KeyValue, clientv3.Cmp, error) {
	prefix := l.projectsPrefix(tenant)
	response, err := l.kv.Get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, clientv3.Cmp{}, fmt.Errorf("reading the Projects of Tenant %s in the ledger: %w", tenant, err)
	}
	guard := clientv3.Compare(clientv3.ModRevision(prefix), "<", response.Header.Revision+1).WithPrefix()
	return response.Kvs, guard, nil
}

// put writes a record.
func put(key string, record any) (clientv3.Op, error) {
	value, err := json.Marshal(record)
	if err != nil {
		return clientv3.Op{}, fmt.Errorf("encoding the ledger's record %s: %w", key, err)
	}
	return clientv3.OpPut(key, string(value)), nil
}
