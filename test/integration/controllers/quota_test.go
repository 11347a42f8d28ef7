// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// TestATenantsQuotaIsRefusedExactlyWhereAResourceQuotaWouldBe asks both servers: a quota that only ours takes would hem in
// nothing.
func TestATenantsQuotaIsRefusedExactlyWhereAResourceQuotaWouldBe(t *testing.T) {
	t.Parallel()
	dry := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	taken, refused := 0, 0
	for _, name := range []string{
		"configmaps", "count/configmaps", "count/jobs.batch", "count/jobs/all", "cpu", "ephemeral-storage", "gold.storageclass.storage.k8s.io/requests.storage",
		"hugepages-2Mi", "kubernetes.io/x", "limits.cpu", "limits.memory", "limits.ephemeral-storage", "limits.nvidia.com/gpu", "limits.storage", "many pods",
		"memory", "nvidia.com/gpu", "persistentvolumeclaims", "Pods", "pod", "pods", "replicationcontrollers", "requests.cpu", "requests.hugepages-1Gi",
		"requests.memory", "requests.nvidia.com/gpu", "requests.pods", "requests.storage", "resourcequotas", "secrets", "services", "services.loadbalancers",
		"services.nodeports", "storage",
	} {
		for _, quantity := range []string{"0", "3", "3000m", "500m", "1.5Gi", "-1"} {
			figure := resource.MustParse(quantity)
			_, err := host.CoreV1().ResourceQuotas("default").Create(t.Context(), &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "asked"},
				Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{corev1.ResourceName(name): figure}}}, dry)
			tenant := newTenant("asked")
			tenant.Spec.Isolation.Quota = &v1alpha1.NamespaceQuota{Hard: map[string]resource.Quantity{name: figure}}
			_, ours := tenancy.SpectrocloudV1alpha1().Tenants().Create(t.Context(), tenant, dry)
			require.Equal(t, err == nil, ours == nil, "%s: %s: kube-apiserver says %v, and ours %v", name, quantity, err, ours)
			if err == nil {
				taken++
			} else {
				refused++
			}
		}
	}
	assert.Greater(t, taken, 50)
	assert.Greater(t, refused, 50)
}
