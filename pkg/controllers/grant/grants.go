// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// Grants applies and revokes what is generated in the host cluster: what hems namespaces in, and RBAC objects.
type Grants struct {
	fieldManager string
	kinds
}

// New returns the Grants of a host cluster.
func New(host kubernetes.Interface, watched *informers.Set, fieldManager string) *Grants {
	return &Grants{fieldManager, newKinds(host, watched)}
}

// Apply makes the cluster hold what is wanted by the owner with these labels, and nothing else that is labelled alike in
// its namespaces ("" being the cluster). What is taken away goes before what is given, and what fails does not keep the rest
// from being put right, but for one thing: while a namespace can't be hemmed in, rights in it only shrink. confirm runs once,
// before the first object is created or removed; where it fails nothing more is written. Returned is what was written, as
// "Role namespace/name".
func (g *Grants) Apply(ctx context.Context, want access.Objects, labels map[string]string, namespaces []string, confirm func(context.Context) error) (written []string, err error) {
	p := &pass{fieldManager: g.fieldManager, labels: labels, namespaces: namespaces, confirm: sync.OnceValue(func() error { return confirm(ctx) })}
	g.networkPolicies.ensure(ctx, p, want.NetworkPolicies)
	g.resourceQuotas.ensure(ctx, p, want.ResourceQuotas)
	g.limitRanges.ensure(ctx, p, want.LimitRanges)
	if len(p.failed) > 0 {
		want = g.narrowed(want)
	}
	g.networkPolicies.prune(ctx, p, want.NetworkPolicies)
	g.resourceQuotas.prune(ctx, p, want.ResourceQuotas)
	g.limitRanges.prune(ctx, p, want.LimitRanges)
	g.authorize(ctx, p, want)
	return p.written, p.err()
}

// Narrow takes away what an owner without a namespace does not want any more, and gives nothing: what stands in the way of
// the namespace must not keep anybody's rights alive.
func (g *Grants) Narrow(ctx context.Context, want access.Objects, labels map[string]string, namespaces []string) error {
	p := &pass{fieldManager: g.fieldManager, labels: labels, namespaces: namespaces, confirm: func() error { return nil }}
	g.authorize(ctx, p, g.narrowed(want))
	return p.err()
}

func (g *Grants) authorize(ctx context.Context, p *pass, want access.Objects) {
	g.roleBindings.prune(ctx, p, want.RoleBindings)
	g.clusterRoleBindings.prune(ctx, p, want.ClusterRoleBindings)
	g.roles.prune(ctx, p, want.Roles)
	g.clusterRoles.prune(ctx, p, want.ClusterRoles)
	g.clusterRoles.ensure(ctx, p, want.ClusterRoles)
	g.roles.ensure(ctx, p, want.Roles)
	g.clusterRoleBindings.ensure(ctx, p, want.ClusterRoleBindings)
	g.roleBindings.ensure(ctx, p, want.RoleBindings)
}

// RulesOf returns the rules that a generated Role holds now, nil where there is no such Role.
func (g *Grants) RulesOf(namespace, name string) []rbacv1.PolicyRule {
	obj, exists, err := g.roles.cache.GetByKey(namespace + "/" + name)
	if err != nil || !exists {
		return nil
	}
	return obj.(*rbacv1.Role).Rules
}

// Revoke removes every role and binding that carries the labels in the namespaces ("" being the cluster), bindings first,
// reading from the server. A *status.Blocked names what is still there, held by a finalizer; its end is an event.
func (g *Grants) Revoke(ctx context.Context, selector string, namespaces ...string) error {
	var steps []func() ([]string, error)
	for _, namespace := range namespaces {
		if namespace == "" {
			steps = append(steps, g.clusterRoleBindings.revoking(ctx, "", selector), g.clusterRoles.revoking(ctx, "", selector))
		} else {
			steps = append(steps, g.roleBindings.revoking(ctx, namespace, selector), g.roles.revoking(ctx, namespace, selector))
		}
	}
	return remove(steps)
}

// Open removes what hems in a namespace that stays; any other keeps it to its end.
func (g *Grants) Open(ctx context.Context, selector, namespace string) error {
	return remove([]func() ([]string, error){
		g.networkPolicies.revoking(ctx, namespace, selector),
		g.resourceQuotas.revoking(ctx, namespace, selector),
		g.limitRanges.revoking(ctx, namespace, selector),
	})
}

func remove(steps []func() ([]string, error)) error {
	var held []string
	for _, step := range steps {
		names, err := step()
		if err != nil {
			return err
		}
		held = append(held, names...)
	}
	if len(held) > 0 {
		return status.Block(status.Revoking, "Held by finalizers that are not ours: %s", strings.Join(held, ", "))
	}
	return nil
}
