// SPDX-License-Identifier: Apache-2.0

package project

import (
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// attributes are what label and field selectors see of a Project.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	project, ok := obj.(*spectrocloud.Project)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a Project", obj)
	}
	return project.Labels, generic.MergeFieldsSets(
		generic.ObjectMetaFieldsSet(&project.ObjectMeta, true),
		fields.Set{spectrocloud.ProjectTenantField: project.Spec.TenantRef.Name}), nil
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
