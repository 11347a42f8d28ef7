// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
)

// DecideInherited returns the storage.Decide of Settings or ComputeConfigs, which others find by name in the namespaces of a
// Project and of its Tenant. The members of every Tenant's groups may create them in all namespaces, as seed 001 has it: a
// Project's settings are to be there before anyone has a role in it. So it takes more, here, to create them: the namespace
// is one's own Tenant's or one of its Projects', or RBAC lets one update them there, which that right alone does not.
func (l *Ledger) DecideInherited(resource string) storage.Decide {
	return func(ctx context.Context, old, updated runtime.Object) (*storage.Transaction, error) {
		if old != nil {
			return nil, nil
		}
		object, err := meta.Accessor(updated)
		if err != nil {
			return nil, apierrors.NewInternalError(err)
		}
		return l.createInherited(ctx, spectrocloud.Resource(resource), object.GetNamespace(), object.GetName())
	}
}

func (l *Ledger) createInherited(ctx context.Context, resource schema.GroupResource, namespace, name string) (*storage.Transaction, error) {
	user, ok := apirequest.UserFrom(ctx)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("no user in the request that creates %s %s/%s", resource, namespace, name))
	}
	groups, guards, err := l.managersOf(ctx, namespace)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(user.GetGroups(), func(group string) bool { return slices.Contains(groups, group) }) {
		return &storage.Transaction{Guards: guards}, nil
	}
	decision, _, err := l.authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User: user, Verb: "update", APIGroup: resource.Group, APIVersion: "*", Resource: resource.Resource,
		Namespace: namespace, Name: name, ResourceRequest: true,
	})
	if decision == authorizer.DecisionAllow {
		return nil, nil
	}
	if err != nil {
		return nil, apierrors.NewInternalError(fmt.Errorf("asking whether user %q may update %s in namespace %q: %w", user.GetName(), resource, namespace, err))
	}
	return nil, apierrors.NewForbidden(resource, name, fmt.Errorf("user %q may create %s in the namespaces of a Tenant whose groups they are in, "+
		"and of its Projects, or where RBAC lets them update %s; namespace %q is neither", user.GetName(), resource.Resource, resource.Resource, namespace))
}

// managersOf are the groups that manage the Tenant that a namespace belongs to, itself or by a Project, and the guards that
// it still does; none for the namespace of nobody.
func (l *Ledger) managersOf(ctx context.Context, namespace string) ([]string, []clientv3.Cmp, error) {
	claims, err := l.get(ctx, l.claimKey(namespace))
	if err != nil {
		return nil, nil, err
	}
	var owner claim
	if found, err := claims[0].decode(&owner); err != nil || !found {
		return nil, nil, err
	}
	guards := []clientv3.Cmp{claims[0].unchanged()}
	tenant := owner.Name
	if owner.Kind == "Project" {
		if tenant, _, err = l.tenantOf(ctx, owner.Name); err != nil {
			return nil, nil, err
		}
		// What the view says may be of an earlier Project of the name.
		projects, err := l.get(ctx, l.projectKey(tenant, owner.Name))
		if err != nil {
			return nil, nil, err
		}
		var record projectRecord
		if found, err := projects[0].decode(&record); err != nil || !found || record.UID != owner.UID {
			return nil, nil, err
		}
		guards = append(guards, projects[0].unchanged())
	}
	tenants, err := l.get(ctx, l.tenantKey(tenant))
	if err != nil {
		return nil, nil, err
	}
	var record tenantRecord
	if found, err := tenants[0].decode(&record); err != nil || !found {
		return nil, nil, err
	}
	return record.Groups, append(guards, tenants[0].unchanged()), nil
}
