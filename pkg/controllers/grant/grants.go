// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// Grants applies and revokes RBAC objects in the host cluster.
type Grants struct {
	fieldManager string

	roles               kind[*rbacv1.Role]
	roleBindings        kind[*rbacv1.RoleBinding]
	clusterRoles        kind[*rbacv1.ClusterRole]
	clusterRoleBindings kind[*rbacv1.ClusterRoleBinding]
}

// New returns the Grants of a host cluster.
func New(host kubernetes.Interface, watched *informers.Set, fieldManager string) *Grants {
	rbac := host.RbacV1()
	return &Grants{
		fieldManager: fieldManager,
		roles: kind[*rbacv1.Role]{
			name: "Role", cache: watched.Roles.Informer().GetIndexer(),
			client: func(namespace string) client[*rbacv1.Role] { return rbac.Roles(namespace) },
			list: func(ctx context.Context, namespace string, options metav1.ListOptions) ([]*rbacv1.Role, error) {
				list, err := rbac.Roles(namespace).List(ctx, options)
				if err != nil {
					return nil, err
				}
				return pointers(list.Items), nil
			},
			content: func(r *rbacv1.Role) any { return r.Rules },
			fixed:   func(*rbacv1.Role) any { return nil },
		},
		roleBindings: kind[*rbacv1.RoleBinding]{
			name: "RoleBinding", cache: watched.RoleBindings.Informer().GetIndexer(),
			client: func(namespace string) client[*rbacv1.RoleBinding] { return rbac.RoleBindings(namespace) },
			list: func(ctx context.Context, namespace string, options metav1.ListOptions) ([]*rbacv1.RoleBinding, error) {
				list, err := rbac.RoleBindings(namespace).List(ctx, options)
				if err != nil {
					return nil, err
				}
				return pointers(list.Items), nil
			},
			content: func(b *rbacv1.RoleBinding) any { return b.Subjects },
			fixed:   func(b *rbacv1.RoleBinding) any { return b.RoleRef },
		},
		clusterRoles: kind[*rbacv1.ClusterRole]{
			name: "ClusterRole", cache: watched.ClusterRoles.Informer().GetIndexer(),
			client: func(string) client[*rbacv1.ClusterRole] { return rbac.ClusterRoles() },
			list: func(ctx context.Context, _ string, options metav1.ListOptions) ([]*rbacv1.ClusterRole, error) {
				list, err := rbac.ClusterRoles().List(ctx, options)
				if err != nil {
					return nil, err
				}
				return pointers(list.Items), nil
			},
			content: func(r *rbacv1.ClusterRole) any { return r.Rules },
			// An aggregation rule added by someone else is theirs, so that applying ours would not remove it.
			fixed: func(r *rbacv1.ClusterRole) any { return r.AggregationRule },
		},
		clusterRoleBindings: kind[*rbacv1.ClusterRoleBinding]{
			name: "ClusterRoleBinding", cache: watched.ClusterRoleBindings.Informer().GetIndexer(),
			client: func(string) client[*rbacv1.ClusterRoleBinding] { return rbac.ClusterRoleBindings() },
			list: func(ctx context.Context, _ string, options metav1.ListOptions) ([]*rbacv1.ClusterRoleBinding, error) {
				list, err := rbac.ClusterRoleBindings().List(ctx, options)
				if err != nil {
					return nil, err
				}
				return pointers(list.Items), nil
			},
			content: func(b *rbacv1.ClusterRoleBinding) any { return b.Subjects },
			fixed:   func(b *rbacv1.ClusterRoleBinding) any { return b.RoleRef },
		},
	}
}

// Apply makes the cluster hold what is wanted by the owner with these labels, and nothing else that is labelled alike in
// its namespaces ("" being the cluster). What is taken away goes before what is given, and what fails does not keep the
// rest from being put right. confirm runs once, before the first write; where it fails nothing is written. Returned is
// what was written, as "Role namespace/name".
func (g *Grants) Apply(ctx context.Context, want access.Objects, labels map[string]string, namespaces []string, confirm func(context.Context) error) (written []string, err error) {
	p := &pass{fieldManager: g.fieldManager, labels: labels, namespaces: namespaces, confirm: sync.OnceValue(func() error { return confirm(ctx) })}
	g.roleBindings.prune(ctx, p, want.RoleBindings)
	g.clusterRoleBindings.prune(ctx, p, want.ClusterRoleBindings)
	g.roles.prune(ctx, p, want.Roles)
	g.clusterRoles.prune(ctx, p, want.ClusterRoles)
	g.clusterRoles.ensure(ctx, p, want.ClusterRoles)
	g.roles.ensure(ctx, p, want.Roles)
	g.clusterRoleBindings.ensure(ctx, p, want.ClusterRoleBindings)
	g.roleBindings.ensure(ctx, p, want.RoleBindings)
	return p.written, p.err()
}

// RulesOf returns the rules that a generated Role holds now, nil where there is no such Role.
func (g *Grants) RulesOf(namespace, name string) []rbacv1.PolicyRule {
	obj, exists, err := g.roles.cache.GetByKey(namespace + "/" + name)
	if err != nil || !exists {
		return nil
	}
	return obj.(*rbacv1.Role).Rules
}

// Revoke removes everything that carries the labels in the namespaces ("" being the cluster), bindings first, reading from
// the server. A *status.Blocked names what is still there, held by a finalizer; its end is an event.
func (g *Grants) Revoke(ctx context.Context, selector string, namespaces ...string) error {
	var held []string
	for _, namespace := range namespaces {
		steps := []func(context.Context, string, string) ([]string, error){g.roleBindings.revoke, g.roles.revoke}
		if namespace == "" {
			steps = []func(context.Context, string, string) ([]string, error){g.clusterRoleBindings.revoke, g.clusterRoles.revoke}
		}
		for _, revoke := range steps {
			names, err := revoke(ctx, namespace, selector)
			if err != nil {
				return err
			}
			held = append(held, names...)
		}
	}
	if len(held) > 0 {
		return status.Block(status.Revoking, "Held by finalizers that are not ours: %s", strings.Join(held, ", "))
	}
	return nil
}

// pointers returns the address of each item, the shape in which caches hold objects.
func pointers[T any](items []T) []*T {
	all := make([]*T, len(items))
	for i := range items {
		all[i] = &items[i]
	}
	return all
}
