// SPDX-License-Identifier: Apache-2.0

package project

import (
	"testing"

	"github.com/stretchr/testify/assert"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/access"
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
