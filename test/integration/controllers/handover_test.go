// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// podLabels are those of a namespace's labels that say which Pods it takes.
func podLabels(t require.TestingT, test *testing.T, namespace string) map[string]string {
	found, err := host.CoreV1().Namespaces().Get(test.Context(), namespace, metav1.GetOptions{})
	require.NoError(t, err)
	labels := map[string]string{}
	for label := range access.PodLabels(v1alpha1.TenantIsolation{}) {
		if value, ok := found.Labels[label]; ok {
			labels[label] = value
		}
	}
	return labels
}

// TestANamespaceThatIsHandedBackTakesThePodsThatItTookBefore has stricter and looser namespaces handed over to a Tenant whose
// own take any Pod.
func TestANamespaceThatIsHandedBackTakesThePodsThatItTookBefore(t *testing.T) {
	t.Parallel()
	const enforce, version, warn = "pod-security.kubernetes.io/enforce", "pod-security.kubernetes.io/enforce-version", "pod-security.kubernetes.io/warn"
	tenant := newTenant("loose", "loose-managers")
	tenant.Spec.Isolation.PodSecurity, tenant.Spec.Isolation.ImagePull = v1alpha1.PodSecurityPrivileged, v1alpha1.ImagePullAny
	createTenant(t, tenant)
	waitTenant(t, "loose", v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
	ours := access.PodLabels(tenant.Spec.Isolation)
	assert.Equal(t, "latest", ours[version], "a level is as strict as its version")

	before := map[string]map[string]string{
		"was-strict": {enforce: "restricted", version: "v1.30", warn: "restricted"},
		"was-plain":  {},
		"unnoted":    {enforce: "baseline"},
	}
	for name, labels := range before {
		_, err := host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
		require.NoError(t, err)
		label(t, name, "project."+name)
		createProject(t, newProject("loose", name))
	}
	for name := range before {
		waitProject(t, name, v1alpha1.ConditionReady, metav1.ConditionTrue, "Ready")
		assert.Equal(t, ours, podLabels(t, t, name), "%s while it is ours", name)
	}

	// Ours are put back, and what was before is not forgotten by that.
	require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, "was-strict", `{"metadata":{"labels":{"`+enforce+`":"baseline","`+version+`":"v1.0"}}}`))
	eventually(t, func(c *assert.CollectT) { assert.Equal(c, ours, podLabels(c, t, "was-strict")) }, patience, "our labels")
	require.NoError(t, patch(t, host.CoreV1().Namespaces().Patch, "unnoted", `{"metadata":{"annotations":{"spectrocloud.com/pod-labels-before":null}}}`))

	before["unnoted"] = ours // Where nobody knows, nothing is taken away.
	for name, labels := range before {
		deleteProject(t, name)
		waitProjectGone(t, name)
		assert.Equal(t, labels, podLabels(t, t, name), "%s once it is handed back", name)
		assert.NotContains(t, getNamespace(t, name).Annotations, "spectrocloud.com/pod-labels-before")
	}
}
