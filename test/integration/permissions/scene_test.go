// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
	"spectrocloud.com/tenancy/test/integration/permissions/matrix"
)

// scene is what the matrix is about: its Tenants and Projects, the people, and an object of each kind to start from.
type scene struct {
	objects map[string]*unstructured.Unstructured
	admin   dynamic.Interface
	people  map[matrix.Person]dynamic.Interface
}

var made struct {
	sync.Once
	*scene
}

// theScene makes the scene when it is first asked for.
func theScene(t *testing.T) *scene {
	t.Helper()
	made.Do(func() {
		s := &scene{objects: map[string]*unstructured.Unstructured{}, admin: client(t, cluster.Config()), people: map[matrix.Person]dynamic.Interface{}}
		content, err := os.ReadFile("testdata/objects.yaml")
		require.NoError(t, err)
		objects := map[string]map[string]any{}
		require.NoError(t, yaml.UnmarshalStrict(content, &objects))
		for resource, object := range objects {
			s.objects[resource] = &unstructured.Unstructured{Object: object}
		}
		for _, person := range matrix.People {
			config := rest.AnonymousClientConfig(cluster.Config())
			if person != matrix.Nobody {
				config = cluster.Person(t, person.Slug(), person.Groups()...).Config
			}
			s.people[person] = client(t, config)
		}
		cluster.MustKubectl(t, "", "apply", "-f", "testdata/flux.yaml")
		cluster.MustKubectl(t, "", "wait", "--for=condition=Established", "-f", "testdata/flux.yaml")
		s.makeTenants(t)
		made.scene = s
	})
	require.NotNil(t, made.scene, "the scene could not be made")
	return made.scene
}

func client(t *testing.T, config *rest.Config) dynamic.Interface {
	t.Helper()
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = -1, -1
	made, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	return made
}

// makeTenants makes both Tenants and their Projects, and returns when all that is generated for them counts.
func (s *scene) makeTenants(t *testing.T) {
	t.Helper()
	names := map[string]matrix.Person{matrix.Tenant: matrix.TenantAdmin, matrix.Rival: matrix.OtherAdmin}
	for name, admin := range names {
		_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name, admin.Groups()...), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	lab := framework.Project(matrix.Project, matrix.Tenant)
	lab.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: matrix.Viewer.Groups(), Editor: matrix.Editor.Groups(), Admin: matrix.Admin.Groups()}
	projects := []*v1alpha1.Project{lab, framework.Project(matrix.Sibling, matrix.Tenant), framework.Project(matrix.RivalProject, matrix.Rival)}
	for _, project := range projects {
		_, err := cluster.Admin.Projects(project.Name).Create(t.Context(), project, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	for _, project := range projects {
		cluster.ProjectReady(t, project.Name)
		framework.Eventually(t, "the service account of Pods in "+project.Name, func(ctx context.Context) error {
			_, err := cluster.Admin.Host.CoreV1().ServiceAccounts(project.Name).Get(ctx, "default", metav1.GetOptions{})
			return err
		})
	}
	for name := range names {
		cluster.TenantReady(t, name)
	}
	framework.Eventually(t, "the Tenant to know who is in its Projects", func(ctx context.Context) error {
		tenant, err := cluster.Admin.Tenants().Get(ctx, matrix.Tenant, metav1.GetOptions{})
		if err == nil && len(tenant.Status.ProjectGroups) < 3 {
			err = fmt.Errorf("it knows %v", tenant.Status.ProjectGroups)
		}
		return err
	})
	_, err := cluster.Admin.Host.CoreV1().ConfigMaps(matrix.System).Create(t.Context(),
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "feature-flags"}}, metav1.CreateOptions{})
	require.True(t, err == nil || apierrors.IsAlreadyExists(err), "%v", err)
}

// settleRBAC waits until kube-apiserver goes by all roles and bindings that are there: it has seen what was made after them.
// What is missing among them is for the matrix to find.
func settleRBAC(t *testing.T) {
	t.Helper()
	name := framework.Name("settled")
	meta := metav1.ObjectMeta{Name: name, Namespace: "default"}
	rules := []rbacv1.PolicyRule{{APIGroups: []string{"example.com"}, Resources: []string{"settled"}, Verbs: []string{"get"}}}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}}
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}
	rbac := cluster.Admin.Host.RbacV1()
	_, err := rbac.Roles("default").Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = rbac.RoleBindings("default").Create(t.Context(), &rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
	require.NoError(t, err)
	meta.Namespace, ref.Kind = "", "ClusterRole"
	_, err = rbac.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	require.NoError(t, err)
	for _, namespace := range []string{"default", ""} { // First by the RoleBinding alone, then by the ClusterRoleBinding.
		if namespace == "" {
			_, err = rbac.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: meta, RoleRef: ref, Subjects: subjects}, metav1.CreateOptions{})
			require.NoError(t, err)
		}
		framework.Eventually(t, "kube-apiserver to know the roles", func(ctx context.Context) error {
			review, err := cluster.Admin.Host.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
				Spec: authorizationv1.SubjectAccessReviewSpec{User: name, ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: namespace, Group: "example.com", Resource: "settled", Verb: "get"}},
			}, metav1.CreateOptions{})
			if err == nil && !review.Status.Allowed {
				err = fmt.Errorf("it does not know those of namespace %q yet", namespace)
			}
			return err
		})
	}
}

// resource is the resource of a row, and its subresource.
func (s *scene) resource(t *testing.T, of string) (resource schema.GroupVersionResource, subresource string) {
	t.Helper()
	parts := strings.Split(of, "/")
	if last := len(parts) - 1; s.objects[of] == nil && last > 0 {
		of, subresource, parts = strings.Join(parts[:last], "/"), parts[last], parts[:last]
	}
	object := s.objects[of]
	require.NotNil(t, object, "testdata/objects.yaml has no %s", of)
	return object.GroupVersionKind().GroupVersion().WithResource(parts[len(parts)-1]), subresource
}
