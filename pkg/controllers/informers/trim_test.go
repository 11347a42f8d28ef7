// SPDX-License-Identifier: Apache-2.0

package informers

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// decoded is an AIWorkload as a watch delivers it.
func decoded(t require.TestingT, i int) *v1alpha1.AIWorkload {
	sent := &v1alpha1.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "project-a", Name: fmt.Sprintf("workload-%d", i), UID: types.UID(uuid.NewString()), ResourceVersion: "123456789",
			Generation: 3, CreationTimestamp: metav1.NewTime(time.Unix(1, 0)), Labels: map[string]string{"app": "x", "palette.ai/aiworkload-type": "model"},
			Annotations:   map[string]string{"note": "y"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:gpuRequests":{"f:NVIDIA-A100":{}}}}`)}},
		},
		Spec: v1alpha1.AIWorkloadSpec{DisplayName: "Workload", GPURequests: v1alpha1.GPUCounts{"NVIDIA-A100": 4}},
		Status: v1alpha1.ConsumerStatus{
			ObservedGeneration: 3, Phase: v1alpha1.ConsumerPending, GPUUsage: v1alpha1.GPUCounts{"NVIDIA-A100": 4},
			Conditions: []metav1.Condition{
				{Type: "Provisioned", Status: metav1.ConditionFalse, Reason: "Later"},
				{Type: "QuotaReserved", Status: metav1.ConditionFalse, ObservedGeneration: 3, LastTransitionTime: metav1.NewTime(time.Unix(2, 0)),
					Reason: "Waiting", Message: "waiting for 4 NVIDIA-A100: project-a uses 62 of 64"},
			},
		},
	}
	wire, err := sent.Marshal()
	require.NoError(t, err)
	received := &v1alpha1.AIWorkload{}
	require.NoError(t, received.Unmarshal(wire))
	return received
}

func TestOfAConsumerTheCacheKeepsItsIdentityAndTheDecision(t *testing.T) {
	received := decoded(t, 1)
	trimmed, err := trim(received)
	require.NoError(t, err)
	want := &v1alpha1.AIWorkload{
		ObjectMeta: metav1.ObjectMeta{Namespace: "project-a", Name: "workload-1", UID: received.UID, ResourceVersion: "123456789"},
		Status: v1alpha1.ConsumerStatus{Conditions: []metav1.Condition{{
			Type: "QuotaReserved", Status: metav1.ConditionFalse, Reason: "Waiting", Message: "waiting for 4 NVIDIA-A100: project-a uses 62 of 64",
			LastTransitionTime: metav1.NewTime(time.Unix(2, 0)),
		}}},
	}
	assert.Equal(t, want, trimmed)
	again, err := trim(trimmed)
	require.NoError(t, err)
	assert.Equal(t, want, again)

	pool, err := trim(&v1alpha1.ComputePool{ObjectMeta: received.ObjectMeta, Status: received.Status})
	require.NoError(t, err)
	assert.Equal(t, &v1alpha1.ComputePool{ObjectMeta: want.ObjectMeta, Status: want.Status}, pool)
}

// BenchmarkCachedConsumer prints how many bytes of memory a waiting AIWorkload takes in the cache, name and index included.
func BenchmarkCachedConsumer(b *testing.B) {
	const count = 100_000
	for range b.N {
		store := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
		before := inUse()
		for i := range count {
			trimmed, err := trim(decoded(b, i))
			require.NoError(b, err)
			require.NoError(b, store.Add(trimmed))
		}
		b.ReportMetric(float64(inUse()-before)/count, "B/object")
		runtime.KeepAlive(store)
	}
}

func inUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
