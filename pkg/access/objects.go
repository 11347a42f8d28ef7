// SPDX-License-Identifier: Apache-2.0

package access

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

const (
	// LabelManagedBy and ManagedBy mark every object that is generated in the host cluster.
	LabelManagedBy = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of LabelManagedBy.
	ManagedBy = "tenancy"
)

// Objects are what one Tenant or Project wants in the host cluster, each list in the order of its table in the design.
type Objects struct {
	NetworkPolicies     []*networkingv1.NetworkPolicy
	ResourceQuotas      []*corev1.ResourceQuota
	LimitRanges         []*corev1.LimitRange
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
	Roles               []*rbacv1.Role
	RoleBindings        []*rbacv1.RoleBinding
}

// TenantLabels are on everything that is generated for a Tenant itself; on what is generated for its Projects they are
// joined by LabelProject.
func TenantLabels(tenant string) map[string]string {
	return map[string]string{LabelManagedBy: ManagedBy, v1alpha1.LabelTenant: tenant}
}

// ProjectLabels are on everything that is generated for a Project.
func ProjectLabels(tenant, project string) map[string]string {
	labels := TenantLabels(tenant)
	labels[v1alpha1.LabelProject] = project
	return labels
}

// grantInNamespace adds a Role, and a binding of it to the groups if any may be bound.
func (o *Objects) grantInNamespace(namespace, name string, labels map[string]string, rules []rbacv1.PolicyRule, groups []string) {
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}
	o.Roles = append(o.Roles, &rbacv1.Role{TypeMeta: typeMeta("Role"), ObjectMeta: meta, Rules: rules})
	if subjects := Subjects(groups); len(subjects) > 0 {
		o.RoleBindings = append(o.RoleBindings, &rbacv1.RoleBinding{
			TypeMeta: typeMeta("RoleBinding"), ObjectMeta: *meta.DeepCopy(), RoleRef: roleRef("Role", name), Subjects: subjects,
		})
	}
}

// grantInCluster is grantInNamespace for the whole cluster.
func (o *Objects) grantInCluster(name string, labels map[string]string, rules []rbacv1.PolicyRule, groups []string) {
	meta := metav1.ObjectMeta{Name: name, Labels: labels}
	o.ClusterRoles = append(o.ClusterRoles, &rbacv1.ClusterRole{TypeMeta: typeMeta("ClusterRole"), ObjectMeta: meta, Rules: rules})
	if subjects := Subjects(groups); len(subjects) > 0 {
		o.ClusterRoleBindings = append(o.ClusterRoleBindings, &rbacv1.ClusterRoleBinding{
			TypeMeta: typeMeta("ClusterRoleBinding"), ObjectMeta: *meta.DeepCopy(), RoleRef: roleRef("ClusterRole", name), Subjects: subjects,
		})
	}
}

// Subjects are the groups as RBAC subjects, sorted, each once. Groups that belong to Kubernetes ("system:...") and empty
// names are left out: validation refuses them, and a binding to system:authenticated must not depend on that alone.
func Subjects(groups []string) []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for _, group := range sets.List(sets.New(groups...)) {
		if group == "" || strings.HasPrefix(group, "system:") {
			continue
		}
		subjects = append(subjects, rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: group})
	}
	return subjects
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
}

func roleRef(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

// SelectTenant is the label selector of what is generated for a Tenant itself, and not for its Projects.
func SelectTenant(tenant string) string {
	return LabelManagedBy + "=" + ManagedBy + "," + v1alpha1.LabelTenant + "=" + tenant + ",!" + v1alpha1.LabelProject
}

// SelectProject is the label selector of what is generated for a Project.
func SelectProject(project string) string {
	return LabelManagedBy + "=" + ManagedBy + "," + v1alpha1.LabelProject + "=" + project
}
