// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/informers"
)

func TestTheOldestOfATenantIsTheOneThatHasWaitedLongestInAnyOfItsProjects(t *testing.T) {
	watched, err := informers.New(nil, nil)
	require.NoError(t, err)
	at := func(seconds int64, reason string) v1alpha1.ConsumerStatus {
		return v1alpha1.ConsumerStatus{Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionQuotaReserved, Reason: reason, LastTransitionTime: metav1.NewTime(time.Unix(seconds, 0))}}}
	}
	for project, tenant := range map[string]string{"a1": "a", "a2": "a", "b1": "b"} {
		require.NoError(t, watched.Projects.Informer().GetStore().Add(&v1alpha1.Project{
			ObjectMeta: metav1.ObjectMeta{Namespace: project, Name: project},
			Spec:       v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: tenant}}}))
	}
	for name, status := range map[string]v1alpha1.ConsumerStatus{
		"a1/waits": at(300, "Waiting"), "a2/held": at(100, "Reserved"), "a2/suspended": at(50, "Suspended"), "b1/held": at(10, "Reserved"),
		"stray/waits": at(1, "Waiting"), "a1/new": {},
	} {
		workload := &v1alpha1.AIWorkload{Status: status}
		workload.Namespace, workload.Name, _ = strings.Cut(name, "/")
		require.NoError(t, watched.AIWorkloads.Informer().GetStore().Add(workload))
	}
	pool := &v1alpha1.ComputePool{ObjectMeta: metav1.ObjectMeta{Namespace: "a2", Name: "waits"}, Status: at(200, "Waiting")}
	require.NoError(t, watched.ComputePools.Informer().GetStore().Add(pool))
	assert.Equal(t, map[string]time.Time{"a": time.Unix(200, 0)}, waitingSince(watched))

	require.NoError(t, watched.ComputePools.Informer().GetStore().Delete(pool))
	assert.Equal(t, map[string]time.Time{"a": time.Unix(300, 0)}, waitingSince(watched))
}
