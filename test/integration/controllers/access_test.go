// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// content is what of RBAC objects counts, by kind and name.
type content map[string]any

func add(c content, objects access.Objects) {
	for _, o := range objects.ClusterRoles {
		c["ClusterRole "+o.Name] = []any{o.Labels, o.Rules, o.AggregationRule}
	}
	for _, o := range objects.ClusterRoleBindings {
		c["ClusterRoleBinding "+o.Name] = []any{o.Labels, o.RoleRef, o.Subjects}
	}
	for _, o := range objects.Roles {
		c["Role "+o.Namespace+"/"+o.Name] = []any{o.Labels, o.Rules}
	}
	for _, o := range objects.RoleBindings {
		c["RoleBinding "+o.Namespace+"/"+o.Name] = []any{o.Labels, o.RoleRef, o.Subjects}
	}
}

// generated reads every RBAC object that is labelled for the Tenant or one of its Projects.
func generated(t require.TestingT, test *testing.T, tenant string) content {
	var objects access.Objects
	options := metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant + "=" + tenant}
	clusterRoles, err := host.RbacV1().ClusterRoles().List(test.Context(), options)
	require.NoError(t, err)
	for i := range clusterRoles.Items {
		objects.ClusterRoles = append(objects.ClusterRoles, &clusterRoles.Items[i])
	}
	clusterRoleBindings, err := host.RbacV1().ClusterRoleBindings().List(test.Context(), options)
	require.NoError(t, err)
	for i := range clusterRoleBindings.Items {
		objects.ClusterRoleBindings = append(objects.ClusterRoleBindings, &clusterRoleBindings.Items[i])
	}
	roles, err := host.RbacV1().Roles("").List(test.Context(), options)
	require.NoError(t, err)
	for i := range roles.Items {
		objects.Roles = append(objects.Roles, &roles.Items[i])
	}
	roleBindings, err := host.RbacV1().RoleBindings("").List(test.Context(), options)
	require.NoError(t, err)
	for i := range roleBindings.Items {
		objects.RoleBindings = append(objects.RoleBindings, &roleBindings.Items[i])
	}
	c := content{}
	add(c, objects)
	return c
}

// waitAccess waits until exactly what the Tenant and the Projects want is there.
func waitAccess(t *testing.T, tenant string, projects ...string) {
	t.Helper()
	rules := access.Rules{}
	for _, tier := range access.Tiers {
		parsed, err := access.ParseRules(tier.DefaultRules())
		require.NoError(t, err)
		rules[tier] = parsed
	}
	eventually(t, func(c *assert.CollectT) {
		want := content{}
		live, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
		require.NoError(c, err)
		add(want, access.ForTenant(live))
		for _, name := range projects {
			project, err := tenancy.SpectrocloudV1alpha1().Projects(name).Get(t.Context(), name, metav1.GetOptions{})
			require.NoError(c, err)
			add(want, access.ForProject(project, live, rules, systemNamespace))
		}
		assert.Equal(c, want, generated(c, t, tenant))
	}, patience, "access in Tenant "+tenant)
}

func TestATenantAndAProjectGetExactlyWhatTheyAskFor(t *testing.T) {
	t.Parallel()
	tenant := newTenant("primary-dev", "admin", "sre", "operations")
	tenant.Spec.DisplayName = "Primary Dev"
	project := newProject("primary-dev", "project-a")
	project.Spec.RoleMapping = v1alpha1.RoleMapping{
		Viewer: []string{"fin-ops", "auditors"}, Editor: []string{"ml-engineers", "data-team"}, Admin: []string{"admin", "sre"},
	}
	tenant, project = createTenant(t, tenant), createProject(t, project)

	waitTenant(t, "primary-dev", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitProject(t, "project-a", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	waitTenant(t, "primary-dev", v1alpha1.ConditionNamespaceReady, metav1.ConditionTrue, "NamespaceCreated")
	waitProject(t, "project-a", v1alpha1.ConditionAccessReady, metav1.ConditionTrue, "AccessGranted")
	waitAccess(t, "primary-dev", "project-a")
	waitEvent(t, "default", "Tenant", "primary-dev", "NamespaceCreated")
	waitEvent(t, "project-a", "Project", "project-a", "NamespaceCreated")
	waitEvent(t, "project-a", "Project", "project-a", "AccessGranted")

	namespace := getNamespace(t, "primary-dev")
	assert.Equal(t, string(tenant.UID), namespace.Annotations[v1alpha1.AnnotationOwnerUID])
	assert.Subset(t, namespace.Labels, access.TenantLabels("primary-dev"))
	assert.Empty(t, namespace.OwnerReferences)
	namespace = getNamespace(t, "project-a")
	assert.Equal(t, string(project.UID), namespace.Annotations[v1alpha1.AnnotationOwnerUID])
	assert.Subset(t, namespace.Labels, access.ProjectLabels("primary-dev", "project-a"))
	assert.Empty(t, namespace.OwnerReferences)
	eventually(t, func(c *assert.CollectT) {
		live, err := tenancy.SpectrocloudV1alpha1().Tenants().Get(t.Context(), "primary-dev", metav1.GetOptions{})
		require.NoError(c, err)
		assert.EqualValues(c, 1, live.Status.Projects)
		assert.Equal(c, live.Generation, live.Status.ObservedGeneration)
	}, patience, "the number of Projects")
	for name, test := range map[string]struct {
		group, namespace, verb, apiGroup, resource string
		allowed                                    bool
	}{
		"viewers read pods":                      {"auditors", "project-a", "list", "", "pods", true},
		"viewers do not read secrets":            {"auditors", "project-a", "get", "", "secrets", false},
		"viewers are strangers elsewhere":        {"auditors", "primary-dev", "list", "", "pods", false},
		"viewers read system definitions":        {"auditors", systemNamespace, "list", "spectrocloud.com", "traitdefinitions", true},
		"editors run workloads":                  {"data-team", "project-a", "create", "spectrocloud.com", "aiworkloads", true},
		"editors do not write the Project":       {"data-team", "project-a", "update", "spectrocloud.com", "projects", false},
		"editors read no secret of the platform": {"data-team", systemNamespace, "get", "", "secrets", false},
		"admins write the Project":               {"sre", "project-a", "update", "spectrocloud.com", "projects", true},
		"admins do not write bindings":           {"sre", "project-a", "create", "rbac.authorization.k8s.io", "rolebindings", false},
		"admins do not write definitions":        {"sre", systemNamespace, "update", "spectrocloud.com", "traitdefinitions", false},
		"managers administer the Project":        {"operations", "project-a", "delete", "", "secrets", true},
		"managers run any app":                   {"operations", "project-a", "create", "apps", "statefulsets", true},
		"managers create Projects anywhere":      {"operations", "project-z", "create", "spectrocloud.com", "projects", true},
		"managers do not see all Projects":       {"operations", "", "listall", "spectrocloud.com", "projects", false},
		"managers do not write namespaces":       {"operations", "project-a", "update", "", "namespaces", false},
		"managers read the Tenant's secrets":     {"operations", "primary-dev", "get", "", "secrets", true},
		"managers do not change them":            {"operations", "primary-dev", "update", "", "secrets", false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.allowed, may(t, test.group, authorizationv1.ResourceAttributes{
				Namespace: test.namespace, Verb: test.verb, Group: test.apiGroup, Resource: test.resource,
			}))
		})
	}
}

// may asks the host cluster as a member of the group.
func may(t *testing.T, group string, attributes authorizationv1.ResourceAttributes) bool {
	t.Helper()
	config, err := cluster.ConfigFor("someone", group)
	require.NoError(t, err)
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &attributes},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	return review.Status.Allowed
}

func TestAccessFollowsTheGroups(t *testing.T) {
	t.Parallel()
	start(t, "groups", "groups-a", "groups-b")
	waitAccess(t, "groups", "groups-a", "groups-b")

	patchProject(t, "groups-a", `{"spec":{"roleMapping":{"viewer":null,"admin":["newcomers"]}}}`)
	waitAccess(t, "groups", "groups-a", "groups-b")
	_, err := host.RbacV1().Roles("groups-a").Get(t.Context(), "prj-groups-a-viewer", metav1.GetOptions{})
	require.NoError(t, err, "a tier without groups keeps its Role")
	waitEvent(t, "groups-a", "Project", "groups-a", "AccessChanged")

	patchTenant(t, "groups", `{"spec":{"tenantRoleMapping":{"groups":["new-managers"]}}}`)
	waitAccess(t, "groups", "groups-a", "groups-b")
	patchTenant(t, "groups", `{"spec":{"tenantRoleMapping":{"groups":null}}}`)
	waitAccess(t, "groups", "groups-a", "groups-b")
	_, err = host.RbacV1().ClusterRoles().Get(t.Context(), "tenant-groups-create", metav1.GetOptions{})
	require.NoError(t, err)
}

func TestDriftIsPutRight(t *testing.T) {
	t.Parallel()
	start(t, "drift", "drift-a")
	waitAccess(t, "drift", "drift-a")
	rbac := host.RbacV1()
	for _, step := range []struct {
		name string
		harm func(t *testing.T) error
	}{
		{"rules of a Role are edited", func(t *testing.T) error {
			return patch(t, rbac.Roles("drift-a").Patch, "prj-drift-a-viewer", `{"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}`)
		}},
		{"a subject is added", func(t *testing.T) error {
			return patch(t, rbac.RoleBindings("drift-a").Patch, "prj-drift-a-admin", `{"subjects":[{"kind":"User","name":"mallory","apiGroup":"rbac.authorization.k8s.io"}]}`)
		}},
		{"a Role is deleted", func(t *testing.T) error {
			return rbac.Roles("drift-a").Delete(t.Context(), "prj-drift-a-editor", metav1.DeleteOptions{})
		}},
		{"a binding is deleted in the system namespace", func(t *testing.T) error {
			return rbac.RoleBindings(systemNamespace).Delete(t.Context(), "prj-drift-a-system-admin", metav1.DeleteOptions{})
		}},
		{"the labels of an edited Role are stripped", func(t *testing.T) error {
			return patch(t, rbac.Roles("drift-a").Patch, "prj-drift-a-tnt-adm", `{"metadata":{"labels":null},"rules":[]}`)
		}},
		{"the labels of a binding name another Project", func(t *testing.T) error {
			return patch(t, rbac.RoleBindings("drift-a").Patch, "prj-drift-a-viewer", `{"metadata":{"labels":{"spectrocloud.com/project":"elsewhere"}}}`)
		}},
		{"a binding is made to refer to cluster-admin", func(t *testing.T) error {
			return bindElsewhere(t, "drift-a", "prj-drift-a-viewer", access.ProjectLabels("drift", "drift-a"))
		}},
		{"so is one, and without labels", func(t *testing.T) error {
			return bindElsewhere(t, "drift-a", "prj-drift-a-viewer", nil)
		}},
		{"a binding is added under our labels", func(t *testing.T) error {
			_, err := rbac.RoleBindings("drift-a").Create(t.Context(), &rbacv1.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: "extra", Labels: access.ProjectLabels("drift", "drift-a")},
				RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "view"},
			}, metav1.CreateOptions{})
			return err
		}},
		{"the Tenant's ClusterRole is edited", func(t *testing.T) error {
			return patch(t, rbac.ClusterRoles().Patch, "tenant-drift-create", `{"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}`)
		}},
		{"the Tenant's ClusterRole is made to aggregate", func(t *testing.T) error {
			return patch(t, rbac.ClusterRoles().Patch, "tenant-drift-create", `{"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}`)
		}},
		{"the Tenant's ClusterRoleBinding is deleted", func(t *testing.T) error {
			return rbac.ClusterRoleBindings().Delete(t.Context(), "tenant-drift-create", metav1.DeleteOptions{})
		}},
		{"the Tenant's viewer Role is emptied", func(t *testing.T) error {
			return patch(t, rbac.Roles("drift").Patch, "drift-tenant-viewer", `{"rules":null}`)
		}},
	} {
		t.Run(step.name, func(t *testing.T) {
			require.NoError(t, step.harm(t))
			waitAccess(t, "drift", "drift-a")
		})
	}
	t.Run("the labels of the namespaces are stripped", func(t *testing.T) {
		for _, name := range []string{"drift", "drift-a"} {
			require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, name, `{"metadata":{"labels":{"spectrocloud.com/tenant":null,"spectrocloud.com/project":null,"app.kubernetes.io/managed-by":null}}}`))
		}
		eventually(t, func(c *assert.CollectT) {
			assert.Subset(c, getNamespace(t, "drift").Labels, access.TenantLabels("drift"))
			assert.Subset(c, getNamespace(t, "drift-a").Labels, access.ProjectLabels("drift", "drift-a"))
		}, patience, "labels of namespaces")
	})
}

// bindElsewhere replaces a generated binding by one of the same name to cluster-admin.
func bindElsewhere(t *testing.T, namespace, name string, labels map[string]string) error {
	bindings := host.RbacV1().RoleBindings(namespace)
	foreign := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "mallory", APIGroup: "rbac.authorization.k8s.io"}},
	}
	for {
		if err := bindings.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil && !isNotFound(err) {
			return err
		}
		_, err := bindings.Create(t.Context(), foreign, metav1.CreateOptions{})
		if !isAlreadyExists(err) { // The controller may be faster than we are.
			return err
		}
	}
}
