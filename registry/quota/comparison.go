// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
)

// comparison is a Check on its way.
type comparison struct {
	ledger Ledger
	prefix string
	decode Decode
	report *Report

	// objects are all that are stored, by key; tenants and projects those that can be read, by name.
	objects  map[string]stored
	tenants  map[string]*spectrocloud.Tenant
	projects map[string]*spectrocloud.Project
	// wanted are the records that the objects call for, by key, without those that have been compared.
	wanted map[string]wanted
}

// stored is an object's key. Where obscure is set nobody can say what records there should be that depend on it.
type stored struct {
	revision int64
	obscure  bool
}

// wanted is a record that an object calls for.
type wanted struct {
	object  string
	record  any
	created time.Time
}

// each calls do with all keys under prefix, in their order, at the revision that the comparison began at.
func (c *comparison) each(ctx context.Context, kv clientv3.KV, prefix string, do func(*mvccpb.KeyValue) error) error {
	revision, err := pages(ctx, kv, prefix, c.report.Revision, func(page []*mvccpb.KeyValue) error {
		for _, kv := range page {
			if err := do(kv); err != nil {
				return err
			}
		}
		return nil
	})
	c.report.Revision = revision
	return err
}

func (c *comparison) problem(format string, args ...any) {
	c.report.Problems = append(c.report.Problems, fmt.Sprintf(format, args...))
}

// obscures reports why nobody can say what records there should be that depend on the object at key.
func (c *comparison) obscures(key, format string, args ...any) {
	c.objects[key] = stored{revision: c.objects[key].revision, obscure: true}
	c.problem(key+" "+format+"; the records that depend on it are left as they are", args...)
}

// object takes in an object: the records that it calls for, and what is wrong with it.
func (c *comparison) object(ctx context.Context, resource string, kv *mvccpb.KeyValue) error {
	key := string(kv.Key)
	c.report.Objects[resource]++
	c.objects[key] = stored{revision: kv.ModRevision}
	obj, err := c.decode(ctx, resource, key, kv.Value)
	if err != nil {
		c.obscures(key, "can't be read: %v", err)
		return nil
	}
	m, err := meta.Accessor(obj)
	if err != nil {
		return fmt.Errorf("reading the metadata of %s: %w", key, err)
	}
	if own := path.Join(c.prefix, resource, m.GetNamespace(), m.GetName()); own != key {
		c.obscures(key, "holds the object of %s", own)
		return nil
	}
	want := func(key string, record any) {
		if _, taken := c.wanted[key]; taken {
			delete(c.wanted, key)
			c.obscures(string(kv.Key), "and a Tenant have the same namespace: delete one of them")
			return
		}
		c.wanted[key] = wanted{object: strings.TrimPrefix(string(kv.Key), c.prefix), record: record, created: m.GetCreationTimestamp().Time}
	}
	switch o := obj.(type) {
	case *spectrocloud.Tenant:
		c.tenants[o.Name] = o
		want(c.ledger.claimKey(o.Name), claim{Kind: "Tenant", Name: o.Name, UID: o.UID})
		want(c.ledger.tenantKey(o.Name), tenantRecordOf(o))
	case *spectrocloud.Project:
		if o.Name != o.Namespace {
			c.obscures(key, "is a Project outside of the namespace of its own name")
			return nil
		}
		c.projects[o.Name] = o
		c.checkProject(key, o)
		want(c.ledger.claimKey(o.Namespace), claim{Kind: "Project", Name: o.Name, UID: o.UID})
		want(c.ledger.projectKey(o.Spec.TenantRef.Name, o.Name), projectRecordOf(o))
	default:
		c.consumer(key, consumerOf(obj), want)
	}
	return nil
}

func (c *comparison) checkProject(key string, project *spectrocloud.Project) {
	name := project.Spec.TenantRef.Name
	tenant := c.tenants[name]
	if tenant == nil {
		c.problem("%s is of Tenant %q, which can't be found or read: create the Tenant, or delete the Project", key, name)
		return
	}
	if tenant.DeletionTimestamp != nil {
		c.problem("%s is of Tenant %q, which is being deleted: delete the Project as well", key, name)
	}
	for _, excess := range quota.Excesses(project.Spec.GPUResources, tenant.Spec.GPUResources) {
		c.problem("%s has %d in spec.gpuResources.%s[%s], above the %d of Tenant %q: lower one or raise the other",
			key, excess.Project, excess.Field, excess.Family, excess.Tenant, name)
	}
}

func (c *comparison) consumer(key string, consumer *consumer, want func(string, any)) {
	if held, asked := consumer.status.GPUUsage, consumer.charged(); len(held) > 0 && !equality.Semantic.DeepEqual(held, asked) {
		c.problem("%s holds %q, but its spec asks for %q: suspend and resume it", key, quota.Format(held), quota.Format(asked))
	}
	record, should := requestOf(consumer)
	if !should {
		return
	}
	project := c.projects[consumer.key.project]
	if project == nil {
		c.obscures(key, "holds GPUs or waits for some, but its Project %q can't be found or read: create the Project, or delete the %s",
			consumer.key.project, consumer.kind)
		return
	}
	want(c.ledger.requestKey(project.Spec.TenantRef.Name, consumer.key), record)
}

// requestOf is the record that a consumer calls for as it is stored; false for none.
func requestOf(c *consumer) (requestRecord, bool) {
	record := requestRecord{UID: c.meta.UID, GPUs: c.status.GPUUsage, Held: true}
	if len(record.GPUs) == 0 {
		record.GPUs, record.Held = c.charged(), false
	}
	return record, len(record.GPUs) > 0 && (record.Held || !c.dying())
}
