// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/strategy"
)

var (
	ctx   = context.Background()
	rules = poolStrategy{strategy.New(runtime.NewScheme(), "v1alpha1")}
)

func stored() *spectrocloud.ComputePool {
	return &spectrocloud.ComputePool{
		ObjectMeta: metav1.ObjectMeta{Name: "ml-cluster", Namespace: "web", Generation: 4, Labels: map[string]string{"a": "b"}},
		Spec:       spectrocloud.ComputePoolSpec{DisplayName: "ML"},
		Status:     spectrocloud.ConsumerStatus{Phase: "Admitted", GPUUsage: spectrocloud.GPUCounts{"A100": 4}},
	}
}

func TestANewComputePoolStartsWithoutStatusAndFinalizers(t *testing.T) {
	pool := stored()
	rules.PrepareForCreate(ctx, pool)
	assert.Zero(t, pool.Status)
	assert.Equal(t, int64(1), pool.Generation)
	assert.Empty(t, pool.Finalizers)
}

func TestAnUpdateKeepsTheStatusAndCountsChangesOfTheSpec(t *testing.T) {
	suspended := stored()
	suspended.Spec.Suspend, suspended.Status.Phase = true, "Running"
	rules.PrepareForUpdate(ctx, suspended, stored())
	assert.Equal(t, stored().Status, suspended.Status)
	assert.Equal(t, int64(5), suspended.Generation)

	labelled := stored()
	labelled.Labels["c"] = "d"
	rules.PrepareForUpdate(ctx, labelled, stored())
	assert.Equal(t, int64(4), labelled.Generation)
}

// The ledger writes its verdict into the new object, and must not find the old one in it.
func TestAnUpdateSharesNothingWithTheOldObject(t *testing.T) {
	old, updated := stored(), stored()
	old.Status.Conditions = []metav1.Condition{{Type: "QuotaReserved", Message: "before"}}
	for _, prepare := range []func(context.Context, runtime.Object, runtime.Object){rules.PrepareForUpdate, statusStrategy{rules}.PrepareForUpdate} {
		prepare(ctx, updated, old)
		updated.Status.GPUUsage["A100"], updated.Status.Conditions[0].Message = 5, "after"
		assert.Equal(t, int32(4), old.Status.GPUUsage["A100"])
		assert.Equal(t, "before", old.Status.Conditions[0].Message)
	}
}

func TestAStatusUpdateKeepsEverythingElseAndWhatWasDecided(t *testing.T) {
	updated := stored()
	updated.Spec.DisplayName, updated.Labels = "changed", map[string]string{"changed": "yes"}
	updated.Status.Phase, updated.Status.GPUUsage = "Running", nil
	statusStrategy{rules}.PrepareForUpdate(ctx, updated, stored())
	want := stored()
	want.Status.Phase = "Running"
	assert.Equal(t, want, updated)
}
