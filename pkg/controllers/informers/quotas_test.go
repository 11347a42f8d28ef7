// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWhatAQuotaCountsIsNoNews(t *testing.T) {
	list := func(pods string) corev1.ResourceList { return corev1.ResourceList{"pods": resource.MustParse(pods)} }
	quota := func(version, hard, used string, labels map[string]string) *corev1.ResourceQuota {
		return &corev1.ResourceQuota{
			ObjectMeta: metav1.ObjectMeta{Namespace: "p", Name: "q", ResourceVersion: version, Labels: labels},
			Spec:       corev1.ResourceQuotaSpec{Hard: list(hard)},
			Status:     corev1.ResourceQuotaStatus{Hard: list(hard), Used: list(used)},
		}
	}
	labels := map[string]string{"a": "b"}
	keys := QuotaKeys(func(object metav1.Object) []string { return []string{object.GetNamespace()} })
	before := quota("1", "5", "0", labels)
	assert.Empty(t, keys(before, quota("2", "5", "1", labels)))
	assert.Equal(t, []string{"p", "p"}, keys(before, quota("2", "6", "0", labels)), "somebody has changed it")
	assert.Equal(t, []string{"p", "p"}, keys(before, quota("2", "5", "0", nil)))
	assert.Equal(t, []string{"p"}, keys(nil, before))
	assert.Equal(t, []string{"p"}, keys(before, nil))

	trimmed, err := trim(before)
	require.NoError(t, err)
	assert.Equal(t, corev1.ResourceQuotaStatus{}, trimmed.(*corev1.ResourceQuota).Status)
}
