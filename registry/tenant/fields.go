// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/visible"
)

// attributes are what label and field selectors see of a Tenant.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	tenant, ok := obj.(*spectrocloud.Tenant)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a Tenant", obj)
	}
	return tenant.Labels, generic.MergeFieldsSets(
		generic.ObjectMetaFieldsSet(&tenant.ObjectMeta, false), visible.Fields(groups(tenant))), nil
}

// groups see a Tenant: those that manage it, and those that one of its Projects names.
func groups(obj runtime.Object) []string {
	tenant := obj.(*spectrocloud.Tenant)
	return slices.Concat(tenant.Spec.TenantRoleMapping.Groups, tenant.Status.ProjectGroups)
}
