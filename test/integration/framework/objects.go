// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"fmt"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

var names atomic.Int64

// Name returns a name that no other test of the package has: the prefix and a number.
func Name(prefix string) string { return fmt.Sprintf("%s-%d", prefix, names.Add(1)) }

// Tenant returns a Tenant that the groups manage.
func Tenant(name string, groups ...string) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.TenantSpec{TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: groups}},
	}
}

// Project returns a Project, in the namespace of its name, under the Tenant.
func Project(name, tenant string) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name},
		Spec:       v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: tenant}},
	}
}
