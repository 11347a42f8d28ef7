// SPDX-License-Identifier: Apache-2.0

// Package crash ends our programs in the middle of a burst of writes, in every
// way that there is, and looks for what was lost and what was left over.
package crash

import (
	"context"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/registry/quota/quotatest"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// storagePrefix is what tenancy-apiserver's keys in etcd begin with.
const storagePrefix = "/tenancy"

// convergence is how long the controllers may take after the last crash. A successor waits 15 s for the lease of one that
// was killed.
const convergence = 2 * time.Minute

// etcd connects to the etcd that holds Tenants and Projects, the embedded one by its socket.
func etcd(t *testing.T, cluster *framework.Cluster, external bool) *clientv3.Client {
	t.Helper()
	endpoint, config := "unix://"+filepath.Join(cluster.Dir(), localcluster.TenancyEtcd, "client.sock"), (*tls.Config)(nil)
	if external {
		endpoint, config = cluster.TenancyEtcdClient()
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, TLS: config, DialTimeout: 10 * time.Second, Logger: zap.NewNop(), Context: t.Context()})
	require.NoError(t, err)
	return client
}

// requireConsistent checks objects, claims and records at every revision, and returns how many keys there are now.
func requireConsistent(t *testing.T, cluster *framework.Cluster, external bool) int64 {
	t.Helper()
	client := etcd(t, cluster, external)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), convergence)
	defer cancel()
	require.NoError(t, quotatest.Check(ctx, client, storagePrefix))
	count := int64(0)
	for _, prefix := range []string{"/tenants/", "/projects/", "/ledger/"} {
		keys, err := client.Get(ctx, storagePrefix+prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		require.NoError(t, err)
		count += keys.Count
	}
	return count
}

// requireConverged waits until every Project is ready, and checks that the namespaces and roles are theirs alone.
func requireConverged(t *testing.T, cluster *framework.Cluster, tenant string) {
	t.Helper()
	var projects *v1alpha1.ProjectList
	framework.EventuallyWithin(t, convergence, "all Projects to be ready", func(ctx context.Context) (err error) {
		if projects, err = cluster.Admin.Projects("").List(ctx, metav1.ListOptions{}); err != nil {
			return err
		}
		for i := range projects.Items {
			if err := framework.Ready(&projects.Items[i], projects.Items[i].Status.Conditions); err != nil {
				return err
			}
		}
		return nil
	})
	want := sets.New(tenant)
	for _, project := range projects.Items {
		want.Insert(project.Name)
	}
	namespaces, err := cluster.Admin.Host.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant})
	require.NoError(t, err)
	have := sets.New[string]()
	for _, namespace := range namespaces.Items {
		have.Insert(namespace.Name)
	}
	assert.Equal(t, sets.List(want), sets.List(have), "namespaces that are ours")
	for _, project := range projects.Items {
		for _, role := range []string{"tnt-adm", "viewer", "editor", "admin"} {
			name := fmt.Sprintf("prj-%s-%s", project.Name, role)
			_, err := cluster.Admin.Host.RbacV1().Roles(project.Name).Get(t.Context(), name, metav1.GetOptions{})
			require.NoError(t, err)
			_, err = cluster.Admin.Host.RbacV1().RoleBindings(project.Name).Get(t.Context(), name, metav1.GetOptions{})
			require.NoError(t, err)
		}
	}
}

// requireNothingLeft deletes all Projects and then the Tenant, and waits until no trace of them is in the host cluster.
func requireNothingLeft(t *testing.T, cluster *framework.Cluster, tenant string) {
	t.Helper()
	projects, err := cluster.Admin.Projects("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, project := range projects.Items {
		require.NoError(t, cluster.Admin.Projects(project.Namespace).Delete(t.Context(), project.Name, metav1.DeleteOptions{}))
	}
	framework.EventuallyWithin(t, convergence, "the Tenant to be free of Projects", func(ctx context.Context) error {
		return cluster.Admin.Tenants().Delete(ctx, tenant, metav1.DeleteOptions{})
	})
	framework.EventuallyWithin(t, convergence, "nothing to be left", func(ctx context.Context) error {
		left := leftovers(ctx, t, cluster)
		if len(left) > 0 {
			return fmt.Errorf("%d objects are left, such as %s", len(left), left[0])
		}
		return nil
	})
}

// leftovers lists what is there of Tenants and Projects, and what was generated for them.
func leftovers(ctx context.Context, t *testing.T, cluster *framework.Cluster) []string {
	t.Helper()
	var left []string
	for _, resource := range generated {
		list, err := cluster.Admin.Dynamic.Resource(resource.GroupVersionResource).List(ctx, metav1.ListOptions{LabelSelector: resource.selector})
		require.NoError(t, err)
		for _, item := range list.Items {
			left = append(left, fmt.Sprintf("%s %s/%s", resource.Resource, item.GetNamespace(), item.GetName()))
		}
	}
	return left
}
