// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/quota"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

// refuse is an error for a consumer that waiting could not help: one that asks for more than one request may have, or for
// GPUs of a ComputePool that has none.
func (l *Ledger) refuse(a *account, before, after *consumer) error {
	asks := after.asksAnew(before)
	if a.project(after.key.project).record.value.Terminating && (before == nil || len(asks) > 0) {
		return apierrors.NewForbidden(after.resource(), after.key.name, fmt.Errorf("the Project %q is being deleted", after.key.project))
	}
	if overdrafts := quota.Overdrafts(asks, a.levels(after.key.project)...); len(overdrafts) > 0 {
		return apierrors.NewForbidden(after.resource(), after.key.name, fmt.Errorf("%s", overdrafts[0]))
	}
	if after.pool == "" || len(asks) == 0 {
		return nil
	}
	return refusePool(a, after)
}

// refuseStray is a 422 for a consumer outside of any Project that is new, or asks for GPUs that there is nobody to charge for.
func (c *consumer) refuseStray(before *consumer) error {
	if c == nil || (before != nil && (len(c.charged()) == 0 || len(c.asksAnew(before)) == 0)) {
		return nil
	}
	return apierrors.NewInvalid(c.groupKind(), c.key.name, field.ErrorList{field.Invalid(field.NewPath("metadata", "namespace"), c.key.project,
		fmt.Sprintf("is not the namespace of a Project: a %s lives in one", c.kind))})
}

// refuseReferences is a 422 for a reference into a namespace other than the Project's own, its Tenant's and the system
// namespace, which only the ledger knows to be the Tenant's.
func (l *Ledger) refuseReferences(ctx context.Context, old, updated runtime.Object) error {
	namespaces := validation.Namespaces{System: l.systemNamespace}
	if updated == nil || len(validation.ValidateConsumerReferences(updated, old, "", namespaces)) == 0 {
		return nil
	}
	c := consumerOf(updated)
	tenant, _, err := l.tenantOf(ctx, c.key.project)
	if err != nil {
		return err
	}
	if errs := validation.ValidateConsumerReferences(updated, old, tenant, namespaces); len(errs) > 0 {
		return apierrors.NewInvalid(c.groupKind(), c.key.name, errs)
	}
	return nil
}

// asksAnew is what the consumer asks for that it did not ask for before. Who asks for no more is let be, should the maximum
// have been lowered since.
func (c *consumer) asksAnew(before *consumer) spectrocloud.GPUCounts {
	if before == nil || before.pool != c.pool || (before.suspended && !c.suspended) {
		return c.gpus
	}
	asks := spectrocloud.GPUCounts{}
	for family := range quota.Grows(before.gpus, c.gpus) {
		asks[family] = c.gpus[family]
	}
	return asks
}

// refusePool is a 422 unless the ComputePool that a workload names asks for the GPUs that the workload is to have of it: else
// they would be charged to nobody.
func refusePool(a *account, c *consumer) error {
	path := field.NewPath("spec", "computePoolRef", "name")
	pool := a.requests[requestKey{c.key.project, "computepools", c.pool}]
	if pool == nil {
		return apierrors.NewInvalid(c.groupKind(), c.key.name, field.ErrorList{field.Invalid(path, c.pool,
			"must be a ComputePool of this Project that asks for GPUs and is not suspended")})
	}
	if more := quota.Grows(pool.GPUs, c.gpus); len(more) > 0 {
		return apierrors.NewInvalid(c.groupKind(), c.key.name, field.ErrorList{field.Invalid(path, c.pool,
			fmt.Sprintf("has %s, and %s are asked for", quota.Format(pool.GPUs), quota.Format(c.gpus)))})
	}
	return nil
}
