// SPDX-License-Identifier: Apache-2.0

package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/strategy"
)

func TestALiveObjectKeepsTheFinalizerAndADyingOneMayLoseIt(t *testing.T) {
	now := metav1.Now()
	for name, tc := range map[string]struct {
		object metav1.ObjectMeta
		want   []string
	}{
		"new":                       {metav1.ObjectMeta{}, []string{spectrocloud.Finalizer}},
		"with it":                   {metav1.ObjectMeta{Finalizers: []string{spectrocloud.Finalizer}}, []string{spectrocloud.Finalizer}},
		"with someone else's":       {metav1.ObjectMeta{Finalizers: []string{"a/b"}}, []string{"a/b", spectrocloud.Finalizer}},
		"dying, freed by hand":      {metav1.ObjectMeta{DeletionTimestamp: &now}, nil},
		"dying, yet to be finished": {metav1.ObjectMeta{DeletionTimestamp: &now, Finalizers: []string{spectrocloud.Finalizer}}, []string{spectrocloud.Finalizer}},
	} {
		t.Run(name, func(t *testing.T) {
			strategy.KeepFinalizer(&tc.object)
			assert.Equal(t, tc.want, tc.object.Finalizers)
		})
	}
}

func TestResetFieldsAreOfTheKindsVersion(t *testing.T) {
	sets := strategy.New(runtime.NewScheme(), "v1alpha1").Resets("spec", "metadata")
	assert.Len(t, sets, 1)
	set := sets["spectrocloud.com/v1alpha1"]
	assert.True(t, set.Has(fieldpath.MakePathOrDie("spec")))
	assert.True(t, set.Has(fieldpath.MakePathOrDie("metadata")))
	assert.False(t, set.Has(fieldpath.MakePathOrDie("status")))
}
