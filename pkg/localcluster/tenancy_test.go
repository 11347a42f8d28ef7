// SPDX-License-Identifier: Apache-2.0

package localcluster

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestTenancyIsServedThroughKubeAPIServer(t *testing.T) {
	options := plain(t.TempDir())
	options.WithoutTenancy = false
	cluster := startCluster(t, options)
	assert.Subset(t, resources(t, cluster.Config()), []string{"tenants", "projects"})
	requireLoopback(t, cluster, TenancyAPIServer, TenancyControllerManager)
	require.NoError(t, cluster.Stop())

	// Yesterday's APIService points to a port that nobody listens on today.
	cluster = startCluster(t, options)
	assert.Subset(t, resources(t, cluster.Config()), []string{"tenants", "projects"})
}

func TestReplicasShareAnEtcdOfTheirOwn(t *testing.T) {
	options := plain(t.TempDir())
	options.WithoutTenancy, options.ExternalEtcd, options.Replicas = false, true, 2
	cluster := startCluster(t, options)
	admin := clientset(t, cluster.Config())

	t.Run("each can be asked directly", func(t *testing.T) {
		for replica := range 2 {
			assert.Subset(t, resources(t, cluster.Direct(cluster.Config(), replica)), []string{"tenants", "projects"})
		}
	})
	t.Run("the etcd takes those with its certificate", func(t *testing.T) {
		endpoint, config := cluster.TenancyEtcdClient()
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
		response, err := client.Get(endpoint + "/version")
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Error(t, get(endpoint+"/version", cluster.certs.tenancyEtcd.pool(), nil)(t.Context()))
		requireLoopback(t, cluster, TenancyEtcd, "tenancy-apiserver-1")
	})
	t.Run("one that is killed comes back", func(t *testing.T) {
		server := cluster.Component(TenancyAPIServer)
		require.NoError(t, server.Kill())
		require.NoError(t, server.Restart(t.Context()))
		assert.Subset(t, resources(t, cluster.Direct(cluster.Config(), 0)), []string{"tenants", "projects"})
		assert.Empty(t, cluster.Failed())
	})
	t.Run("our programs may do what they need and no more", func(t *testing.T) {
		for _, test := range []struct {
			program, verb, group, resource, namespace, name string
			want                                            bool
		}{
			{TenancyAPIServer, "create", "authorization.k8s.io", "subjectaccessreviews", "", "", true},
			{TenancyAPIServer, "create", "authentication.k8s.io", "tokenreviews", "", "", true},
			{TenancyAPIServer, "watch", "", "namespaces", "", "", true},
			{TenancyAPIServer, "list", "admissionregistration.k8s.io", "validatingadmissionpolicies", "", "", true},
			{TenancyAPIServer, "create", "", "namespaces", "", "", false},
			{TenancyAPIServer, "create", "rbac.authorization.k8s.io", "rolebindings", "x", "", false},
			{TenancyAPIServer, "get", "", "secrets", "x", "", false},
			{TenancyControllerManager, "delete", "", "namespaces", "", "", true},
			{TenancyControllerManager, "escalate", "rbac.authorization.k8s.io", "clusterroles", "", "", true},
			{TenancyControllerManager, "bind", "rbac.authorization.k8s.io", "roles", "x", "", true},
			{TenancyControllerManager, "patch", "spectrocloud.com", "projects", "x", "", true},
			{TenancyControllerManager, "create", "events.k8s.io", "events", "x", "", true},
			{TenancyControllerManager, "update", "coordination.k8s.io", "leases", systemNamespace, TenancyControllerManager, true},
			{TenancyControllerManager, "update", "coordination.k8s.io", "leases", "kube-system", "", false},
			{TenancyControllerManager, "create", "spectrocloud.com", "projects", "x", "", true}, // The default one, under the one Tenant that it manages.
			{TenancyControllerManager, "manage", "spectrocloud.com", "tenants", "", "", false},
			{TenancyControllerManager, "delete", "spectrocloud.com", "tenants", "", "", false},
			{TenancyControllerManager, "delete", "", "configmaps", "x", "project-rbac-admin", true}, // Its own, from a namespace that outlives a Tenant.
			{TenancyControllerManager, "delete", "", "configmaps", "x", "others", false},
			{TenancyControllerManager, "update", "coordination.k8s.io", "leases", systemNamespace, "others", false},
			{TenancyControllerManager, "delete", "", "pods", "x", "", false},
			{TenancyControllerManager, "get", "", "secrets", "x", "", false},
			{TenancyControllerManager, "create", "", "pods", "x", "", false},
			{TenancyControllerManager, "impersonate", "", "groups", "", "", false},
		} {
			assert.Equal(t, test.want, allowed(t, admin, "system:serviceaccount:"+systemNamespace+":"+test.program, authorizationv1.ResourceAttributes{
				Verb: test.verb, Group: test.group, Resource: test.resource, Namespace: test.namespace, Name: test.name,
			}), "%+v", test)
		}
	})
}

// allowed asks kube-apiserver whether the user may do that.
func allowed(t *testing.T, admin *kubernetes.Clientset, user string, what authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review, err := admin.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &what},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	return review.Status.Allowed
}

// resources returns the names of what our group offers.
func resources(t *testing.T, config *rest.Config) []string {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(config)
	require.NoError(t, err)
	list, err := client.ServerResourcesForGroupVersion(versions[0].String())
	require.NoError(t, err)
	var names []string
	for _, resource := range list.APIResources {
		names = append(names, resource.Name)
	}
	return names
}
