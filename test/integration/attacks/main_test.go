// SPDX-License-Identifier: Apache-2.0

// Package attacks plays people who try to get rights that nobody gave them. Each
// attempt must be refused with an error that says why, and change nothing.
package attacks

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{ExternalEtcd: true}, func(c *framework.Cluster) { cluster = c })
}

// party is a Tenant with one Project, and the member of the one group that manages it.
type party struct {
	tenant, project, group string
	admin                  *framework.Person
}

// newParty makes a Tenant with a Project and waits until its admin has all rights that the controllers give.
func newParty(t *testing.T) party {
	t.Helper()
	name := framework.Name("party")
	p := party{tenant: name, project: framework.Name("workspace"), group: name + "-admins"}
	p.admin = cluster.Person(t, name+"-admin", p.group)
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(p.tenant, p.group), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.TenantReady(t, p.tenant)
	waitAllowed(t, p.admin, "create", "anywhere")
	_, err = p.admin.Projects(p.project).Create(t.Context(), framework.Project(p.project, p.tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, p.project)
	waitAllowed(t, p.admin, "patch", p.project)
	return p
}

// waitAllowed waits until kube-apiserver lets the person do that to Projects in the namespace. Asked earlier, our server
// would remember the refusal for seconds.
func waitAllowed(t *testing.T, person *framework.Person, verb, namespace string) {
	t.Helper()
	framework.Eventually(t, verb+" on Projects in "+namespace, func(ctx context.Context) error {
		if allowed(ctx, t, person, authorizationv1.ResourceAttributes{
			Verb: verb, Group: "spectrocloud.com", Resource: "projects", Namespace: namespace}) {
			return nil
		}
		return errors.New("not allowed yet")
	})
}

func allowed(ctx context.Context, t *testing.T, person *framework.Person, what authorizationv1.ResourceAttributes) bool {
	t.Helper()
	review, err := person.Host.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	return review.Status.Allowed
}

// guarded is all that an attack could change: who is who, and who may do what.
var guarded = []schema.GroupVersionResource{
	{Group: "spectrocloud.com", Version: "v1alpha1", Resource: "tenants"},
	{Group: "spectrocloud.com", Version: "v1alpha1", Resource: "projects"},
	{Version: "v1", Resource: "namespaces"},
	{Version: "v1", Resource: "secrets"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
}

// state returns every guarded object of the cluster as JSON, but for what the controllers report and who wrote it last. What
// is being deleted with its namespace, by a test before, is left out.
func state(t *testing.T) map[string]string {
	t.Helper()
	objects, going := map[string]string{}, map[string]bool{}
	namespaces, err := cluster.Admin.Host.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, namespace := range namespaces.Items {
		going[namespace.Name] = namespace.DeletionTimestamp != nil
	}
	for _, resource := range guarded {
		list, err := cluster.Admin.Dynamic.Resource(resource).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, item := range list.Items {
			if going[item.GetNamespace()] || resource.Resource == "namespaces" && going[item.GetName()] {
				continue
			}
			unstructured.RemoveNestedField(item.Object, "status")
			item.SetManagedFields(nil)
			item.SetResourceVersion("")
			text, err := json.Marshal(item.Object)
			require.NoError(t, err)
			objects[resource.Resource+" "+item.GetNamespace()+"/"+item.GetName()] = string(text)
		}
	}
	return objects
}

// nothingChanges runs the attack and checks that everything is as it was before.
func nothingChanges(t *testing.T, attack func()) {
	t.Helper()
	before := state(t)
	attack()
	assert.Equal(t, before, state(t))
}
