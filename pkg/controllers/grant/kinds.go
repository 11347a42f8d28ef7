// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/pkg/controllers/informers"
)

// kinds are those that are generated.
type kinds struct {
	networkPolicies     kind[*networkingv1.NetworkPolicy]
	resourceQuotas      kind[*corev1.ResourceQuota]
	limitRanges         kind[*corev1.LimitRange]
	roles               kind[*rbacv1.Role]
	roleBindings        kind[*rbacv1.RoleBinding]
	clusterRoles        kind[*rbacv1.ClusterRole]
	clusterRoleBindings kind[*rbacv1.ClusterRoleBinding]
}

func newKinds(host kubernetes.Interface, watched *informers.Set) kinds {
	rbac, core, networking := host.RbacV1(), host.CoreV1(), host.NetworkingV1()
	return kinds{
		networkPolicies: newKind("NetworkPolicy", watched.NetworkPolicies.Informer(),
			func(namespace string) client[*networkingv1.NetworkPolicy, *networkingv1.NetworkPolicyList] {
				return networking.NetworkPolicies(namespace)
			},
			func(p *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicySpec { return &p.Spec }, nil),
		resourceQuotas: newKind("ResourceQuota", watched.ResourceQuotas.Informer(),
			func(namespace string) client[*corev1.ResourceQuota, *corev1.ResourceQuotaList] {
				return core.ResourceQuotas(namespace)
			},
			func(q *corev1.ResourceQuota) *corev1.ResourceQuotaSpec { return &q.Spec }, nil),
		limitRanges: newKind("LimitRange", watched.LimitRanges.Informer(),
			func(namespace string) client[*corev1.LimitRange, *corev1.LimitRangeList] {
				return core.LimitRanges(namespace)
			},
			func(l *corev1.LimitRange) *corev1.LimitRangeSpec { return &l.Spec }, nil),
		roles: newKind("Role", watched.Roles.Informer(),
			func(namespace string) client[*rbacv1.Role, *rbacv1.RoleList] { return rbac.Roles(namespace) },
			func(r *rbacv1.Role) *[]rbacv1.PolicyRule { return &r.Rules }, nil),
		roleBindings: newKind("RoleBinding", watched.RoleBindings.Informer(),
			func(namespace string) client[*rbacv1.RoleBinding, *rbacv1.RoleBindingList] {
				return rbac.RoleBindings(namespace)
			},
			func(b *rbacv1.RoleBinding) *[]rbacv1.Subject { return &b.Subjects },
			func(b *rbacv1.RoleBinding) any { return b.RoleRef }),
		clusterRoles: newKind("ClusterRole", watched.ClusterRoles.Informer(),
			func(string) client[*rbacv1.ClusterRole, *rbacv1.ClusterRoleList] { return rbac.ClusterRoles() },
			func(r *rbacv1.ClusterRole) *[]rbacv1.PolicyRule { return &r.Rules },
			// An aggregation rule added by someone else is theirs, so that applying ours would not remove it.
			func(r *rbacv1.ClusterRole) any {
				if r.AggregationRule == nil {
					return nil
				}
				return r.AggregationRule
			}),
		clusterRoleBindings: newKind("ClusterRoleBinding", watched.ClusterRoleBindings.Informer(),
			func(string) client[*rbacv1.ClusterRoleBinding, *rbacv1.ClusterRoleBindingList] {
				return rbac.ClusterRoleBindings()
			},
			func(b *rbacv1.ClusterRoleBinding) *[]rbacv1.Subject { return &b.Subjects },
			func(b *rbacv1.ClusterRoleBinding) any { return b.RoleRef }),
	}
}

// object is one that is generated.
type object[T any] interface {
	metav1.Object
	DeepCopy() T
}

// newKind makes a kind of which content is what must be as wanted, beside its labels, and fixed, which may be nil, what no
// update can change.
func newKind[T object[T], L runtime.Object, C any](name string, informer cache.SharedIndexInformer, typed func(namespace string) client[T, L],
	content func(T) *C, fixed func(T) any) kind[T] {
	if fixed == nil {
		fixed = func(T) any { return nil }
	}
	return kind[T]{
		name:    name,
		cache:   informer.GetIndexer(),
		client:  func(namespace string) writer[T] { return typed(namespace) },
		content: func(o T) any { return *content(o) },
		fixed:   fixed,
		filled: func(have, want T) T {
			copied := have.DeepCopy()
			*content(copied) = *content(want)
			return copied
		},
		list: func(ctx context.Context, namespace string, options metav1.ListOptions) (all []T, err error) {
			list, err := typed(namespace).List(ctx, options)
			if err != nil {
				return nil, err
			}
			return all, meta.EachListItem(list, func(o runtime.Object) error {
				all = append(all, o.(T))
				return nil
			})
		},
	}
}
