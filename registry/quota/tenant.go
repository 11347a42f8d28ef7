// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/pkg/storage"
)

// mostListed bounds how many Projects a refusal names.
const mostListed = 10

// DecideTenant is the storage.Decide of Tenants: a new one claims its namespace, quotas never go below a Project's, and
// one that has Projects is not deleted.
func (l *Ledger) DecideTenant(ctx context.Context, old, updated runtime.Object) (*storage.Transaction, error) {
	switch {
	case old == nil:
		return l.createTenant(ctx, updated.(*spectrocloud.Tenant))
	case updated == nil:
		return l.removeTenant(ctx, old.(*spectrocloud.Tenant))
	default:
		return l.updateTenant(ctx, old.(*spectrocloud.Tenant), updated.(*spectrocloud.Tenant))
	}
}

func (l *Ledger) createTenant(ctx context.Context, tenant *spectrocloud.Tenant) (*storage.Transaction, error) {
	reads, err := l.get(ctx, l.claimKey(tenant.Name))
	if err != nil {
		return nil, err
	}
	if err := refuseClaimed(reads[0], spectrocloud.Kind("Tenant"), tenant.Name, field.NewPath("metadata", "name")); err != nil {
		return nil, err
	}
	claimed, err := put(reads[0].key, claim{Kind: "Tenant", Name: tenant.Name, UID: tenant.UID})
	if err != nil {
		return nil, err
	}
	recorded, err := put(l.tenantKey(tenant.Name), tenantRecordOf(tenant))
	if err != nil {
		return nil, err
	}
	return &storage.Transaction{Guards: []clientv3.Cmp{reads[0].unchanged()}, Then: []clientv3.Op{claimed, recorded}}, nil
}

func (l *Ledger) updateTenant(ctx context.Context, old, tenant *spectrocloud.Tenant) (*storage.Transaction, error) {
	before, after := tenantRecordOf(old), tenantRecordOf(tenant)
	if equality.Semantic.DeepEqual(before, after) {
		return nil, nil
	}
	txn := &storage.Transaction{}
	terminates := after.Terminating && !before.Terminating
	if terminates || !equality.Semantic.DeepEqual(before.GPUs, after.GPUs) {
		projects, guard, err := l.projects(ctx, tenant.Name)
		if err != nil {
			return nil, err
		}
		if terminates {
			err = refuseOrphaning(tenant.Name, projects)
		} else {
			err = refuseExcess(tenant, projects)
		}
		if err != nil {
			return nil, err
		}
		txn.Guards = append(txn.Guards, guard)
	}
	recorded, err := put(l.tenantKey(tenant.Name), after)
	if err != nil {
		return nil, err
	}
	txn.Then = append(txn.Then, recorded)
	return txn, nil
}

func (l *Ledger) removeTenant(ctx context.Context, tenant *spectrocloud.Tenant) (*storage.Transaction, error) {
	projects, guard, err := l.projects(ctx, tenant.Name)
	if err != nil {
		return nil, err
	}
	if err := refuseOrphaning(tenant.Name, projects); err != nil {
		return nil, err
	}
	return &storage.Transaction{
		Guards: []clientv3.Cmp{guard},
		Then: []clientv3.Op{
			clientv3.OpDelete(l.claimKey(tenant.Name)),
			clientv3.OpDelete(l.tenantKey(tenant.Name)),
			clientv3.OpDelete(l.turnKey(tenant.Name)),
		},
	}, nil
}

// refuseClaimed is a 422 on path if the claim that was read is anyone else's. A claim of the object's own name is left to
// the write: it finds the object there, and answers AlreadyExists to a create and retries an apply as an update.
func refuseClaimed(read read, kind schema.GroupKind, name string, path *field.Path) error {
	var held claim
	found, err := read.decode(&held)
	if err != nil || !found || (held.Kind == kind.Kind && held.Name == name) {
		return err
	}
	return apierrors.NewInvalid(kind, name, field.ErrorList{field.Invalid(path, name,
		fmt.Sprintf("the namespace %q belongs to %s %s: choose another name", name, held.Kind, held.Name))})
}

// refuseOrphaning is a 409 that lists the Projects that a Tenant still has.
func refuseOrphaning(tenant string, projects []*mvccpb.KeyValue) error {
	if len(projects) == 0 {
		return nil
	}
	names := make([]string, len(projects))
	for i, kv := range projects {
		names[i] = projectName(kv)
	}
	return apierrors.NewConflict(spectrocloud.Resource("tenants"), tenant, fmt.Errorf(
		"its Projects must be deleted first; there are %d: %s", len(projects), listed(names)))
}

// refuseExcess is a 422 with an error for each entry of tenant that is below those of some of its Projects, naming both
// figures.
func refuseExcess(tenant *spectrocloud.Tenant, projects []*mvccpb.KeyValue) error {
	above := map[quota.Excess][]string{}
	for _, kv := range projects {
		var record projectRecord
		if err := json.Unmarshal(kv.Value, &record); err != nil {
			return fmt.Errorf("the ledger's record %s can't be read: %w", kv.Key, err)
		}
		for _, excess := range quota.Excesses(spectrocloud.GPUResources(record.GPUs), tenant.Spec.GPUResources) {
			project := fmt.Sprintf("%s (%d)", projectName(kv), excess.Project)
			excess.Project = 0
			above[excess] = append(above[excess], project)
		}
	}
	if len(above) == 0 {
		return nil
	}
	var errs field.ErrorList
	for entry, projects := range above {
		errs = append(errs, field.Invalid(field.NewPath("spec", "gpuResources", entry.Field).Key(entry.Family), entry.Tenant,
			fmt.Sprintf("is below what Projects of this Tenant have: %s; lower theirs first", listed(projects))))
	}
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return apierrors.NewInvalid(spectrocloud.Kind("Tenant"), tenant.Name, errs)
}

// projectName is the Project that a record of projects/<tenant>/<project> is about.
func projectName(kv *mvccpb.KeyValue) string {
	return string(kv.Key[strings.LastIndexByte(string(kv.Key), '/')+1:])
}

// listed joins names, the first few of many.
func listed(names []string) string {
	if more := len(names) - mostListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
