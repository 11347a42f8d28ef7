// SPDX-License-Identifier: Apache-2.0

package orphan

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/component-base/metrics/testutil"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func TestTheMetricCountsOrphansAndTheirReportIsMadeOnce(t *testing.T) {
	c := &Controller{reported: sets.New[string]()}
	count := func() float64 {
		value, err := testutil.GetGaugeMetricValue(orphaned)
		require.NoError(t, err)
		return value
	}
	assert.True(t, c.report("a", true))
	assert.False(t, c.report("a", true), "it has been told already")
	assert.True(t, c.report("b", true))
	assert.EqualValues(t, 2, count())
	assert.False(t, c.report("a", false))
	assert.False(t, c.report("never", false))
	assert.EqualValues(t, 1, count())
	assert.True(t, c.report("a", true), "it is lost again")
}

func TestOnlyMarkedNamespacesAreLookedAt(t *testing.T) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	assert.Empty(t, KeysOfNamespace(namespace))
	namespace.Annotations = map[string]string{v1alpha1.AnnotationOwnerUID: "1"}
	assert.Equal(t, []string{"a"}, KeysOfNamespace(namespace))
}
