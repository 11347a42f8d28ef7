// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"testing"

	"github.com/stretchr/testify/assert"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

func TestEventsLeadBackToTheTenant(t *testing.T) {
	object := func(namespace, name string, labels map[string]string) metav1.Object {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels}}
	}
	assert.Equal(t, []string{"t"}, KeysOfTenant(object("", "t", nil)))
	assert.Equal(t, []string{"t"}, KeysOfNamespace(object("", "t", nil)), "a namespace without a mark may stand in the way")
	assert.Equal(t, []string{"t"}, KeysOfGenerated(object("", "tenant-t-create", access.TenantLabels("t"))))
	assert.Empty(t, KeysOfGenerated(object("p", "x", access.ProjectLabels("t", "p"))), "a Project's are not the Tenant's")
	assert.Equal(t, []string{"t"}, KeysOfRules(object("t", "project-rbac-admin", nil)))
	assert.Empty(t, KeysOfRules(object("t", "anything", access.TenantLabels("t"))))
	assert.Equal(t, []string{"t"}, KeysOfProject(&v1alpha1.Project{Spec: v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: "t"}}}))
}
