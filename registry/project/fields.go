// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	apistorage "k8s.io/apiserver/pkg/storage"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/visible"
)

// attributes are what label and field selectors see of a Project.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	project, ok := obj.(*spectrocloud.Project)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a Project", obj)
	}
	return project.Labels, generic.MergeFieldsSets(
		generic.MergeFieldsSets(generic.ObjectMetaFieldsSet(&project.ObjectMeta, true), visible.Fields(groups(project))),
		fields.Set{spectrocloud.ProjectTenantField: project.Spec.TenantRef.Name}), nil
}

// predicate is what the selectors of a request match.
func predicate(label labels.Selector, field fields.Selector) apistorage.SelectionPredicate {
	return apistorage.SelectionPredicate{
		Label: label, Field: field, GetAttrs: attributes,
		IndexFields: []string{spectrocloud.ProjectTenantField},
	}
}

// groups see a Project: those that its own role mapping names, and those that manage its Tenant.
func groups(obj runtime.Object) []string {
	project := obj.(*spectrocloud.Project)
	roles := project.Spec.RoleMapping
	return slices.Concat(roles.Viewer, roles.Editor, roles.Admin, project.Status.TenantGroups)
}

// tenantOf lets the watch cache find who watches one Tenant's Projects.
func tenantOf(obj runtime.Object) string {
	return obj.(*spectrocloud.Project).Spec.TenantRef.Name
}

// tenantIndex lets the watch cache list one Tenant's Projects without reading all.
func tenantIndex(obj any) ([]string, error) {
	project, ok := obj.(*spectrocloud.Project)
	if !ok {
		return nil, fmt.Errorf("%T is not a Project", obj)
	}
	return []string{project.Spec.TenantRef.Name}, nil
}
