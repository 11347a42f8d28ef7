// SPDX-License-Identifier: Apache-2.0

package project

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	tenancyfake "spectrocloud.com/tenancy/generated/clientset/versioned/fake"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
)

func TestEventsLeadBackToTheProject(t *testing.T) {
	object := func(namespace, name string, labels map[string]string) metav1.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}}
	}
	assert.Equal(t, []string{"p"}, KeysOfProject(object("p", "p", nil)))
	assert.Equal(t, []string{"p"}, KeysOfNamespace(object("", "p", nil)), "a namespace without a mark may stand in the way")
	assert.Equal(t, []string{"p"}, KeysOfGenerated(object("palette-system", "x", access.ProjectLabels("t", "p"))))
	assert.Empty(t, KeysOfGenerated(object("t", "t-tenant-viewer", access.TenantLabels("t"))))
	assert.Empty(t, KeysOfGenerated(object("t", "x", nil)))
}

func TestRulesCountByTheirPlace(t *testing.T) {
	object := func(namespace, name string) metav1.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: access.TenantLabels("other")}}
	}
	assert.Equal(t, "t", TenantOfRules(object("t", "project-rbac-editor")))
	assert.Empty(t, TenantOfRules(object("t", "anything")))
}

func TestANamespaceOfATenantBringsItsRules(t *testing.T) {
	namespace := func(labels map[string]string) metav1.Object {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "t", Labels: labels}}
	}
	assert.Equal(t, "t", TenantOfNamespace(namespace(access.TenantLabels("t"))))
	assert.Empty(t, TenantOfNamespace(namespace(access.ProjectLabels("t", "t"))))
	assert.Empty(t, TenantOfNamespace(namespace(access.TenantLabels("other"))))
	assert.Empty(t, TenantOfNamespace(namespace(nil)))
}

func TestOnlyATenantsSpecIsNewsToItsProjects(t *testing.T) {
	watched, err := informers.New(fake.NewClientset(), tenancyfake.NewClientset())
	require.NoError(t, err)
	require.NoError(t, watched.Projects.Informer().GetIndexer().Add(&v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Namespace: "p", Name: "p"}, Spec: v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: "t"}}}))
	c := &Controller{Config: Config{Watched: watched}}
	tenant := func(generation int64) metav1.Object {
		return &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "t", UID: "1", Generation: generation}}
	}
	another := tenant(1)
	another.SetUID("2")
	assert.Equal(t, []string{"p"}, c.projectsOfTenant(nil, tenant(1)))
	assert.Equal(t, []string{"p"}, c.projectsOfTenant(tenant(1), nil))
	assert.Equal(t, []string{"p"}, c.projectsOfTenant(tenant(1), tenant(2)))
	assert.Equal(t, []string{"p"}, c.projectsOfTenant(tenant(1), another), "deleted and created again while nobody watched")
	assert.Empty(t, c.projectsOfTenant(tenant(1), tenant(1)), "its status changes often")
}
