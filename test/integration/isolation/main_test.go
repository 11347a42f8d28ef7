// SPDX-License-Identifier: Apache-2.0

// Package isolation tries what keeps the namespaces of Tenants and Projects apart: the behavioural checks of the
// multi-tenancy benchmarks, in namespaces that were generated and, so that each is known to be able to fail, in one that
// was made by hand.
package isolation

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "k8s.io/api/core/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// place is a namespace, who works in it, and what of the same cluster is somebody else's.
type place struct {
	namespace, tenant string
	member            *framework.Person
	elsewhere         string
}

// newTenant makes a Tenant, as isolated as said, with one Project, and returns that as a place of the Tenant's admin.
func newTenant(t *testing.T, isolation v1alpha1.TenantIsolation) place {
	t.Helper()
	name := framework.Name("tenant")
	tenant := framework.Tenant(name, name+"-admins")
	tenant.Spec.Isolation = isolation
	_, err := cluster.Admin.Tenants().Create(t.Context(), tenant, metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.TenantReady(t, name)
	p := place{namespace: framework.Name("workspace"), tenant: name, member: cluster.LoggedIn(t, name+"-ada", name+"-admins")}
	_, err = cluster.Admin.Projects(p.namespace).Create(t.Context(), framework.Project(p.namespace, name), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, p.namespace)
	framework.Eventually(t, "the service account that Pods run as", func(ctx context.Context) error {
		_, err := cluster.Admin.Host.CoreV1().ServiceAccounts(p.namespace).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	framework.Eventually(t, "rights and policies in force", func(ctx context.Context) error {
		_, err := p.member.Host.CoreV1().Pods(p.namespace).List(ctx, metav1.ListOptions{})
		return err
	})
	return p
}

// newPlain makes a namespace as kubectl does, whose member has Kubernetes' own role of those who administer one.
func newPlain(t *testing.T) place {
	t.Helper()
	name := framework.Name("plain")
	_, err := cluster.Admin.Host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Host.RbacV1().RoleBindings(name).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "admin"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: name + "-admins"}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	p := place{namespace: name, member: cluster.LoggedIn(t, name+"-ada", name+"-admins")}
	framework.Eventually(t, "the service account that Pods run as", func(ctx context.Context) error {
		_, err := p.member.Host.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("namespace %s: %w", name, err)
		}
		return nil
	})
	return p
}
