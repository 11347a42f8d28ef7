// SPDX-License-Identifier: Apache-2.0

package status

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

var (
	created = Verdict{Ready: true, Reason: NamespaceCreated, Message: "created"}
	granted = Verdict{Ready: true, Reason: AccessGranted, Message: "granted"}
	exists  = Verdict{Reason: NamespaceExists, Message: "label it"}
	waiting = Verdict{Reason: NamespaceNotReady}
)

func TestReadyFollowsTheFirstStepThatIsNot(t *testing.T) {
	for name, test := range map[string]struct {
		report Report
		status metav1.ConditionStatus
		reason string
	}{
		"all is well":       {Report{Namespace: created, Access: granted}, metav1.ConditionTrue, Ready},
		"no namespace":      {Report{Namespace: exists, Access: waiting}, metav1.ConditionFalse, NamespaceExists},
		"no access":         {Report{Namespace: created, Access: Verdict{Reason: InvalidRules}}, metav1.ConditionFalse, InvalidRules},
		"access never said": {Report{Namespace: created}, metav1.ConditionFalse, NamespaceNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			ready := meta.FindStatusCondition(test.report.Conditions(nil, 7), v1alpha1.ConditionReady)
			require.NotNil(t, ready)
			assert.Equal(t, test.status, ready.Status)
			assert.Equal(t, test.reason, ready.Reason)
			assert.EqualValues(t, 7, ready.ObservedGeneration)
		})
	}
}

func TestTheSameReportChangesNothing(t *testing.T) {
	first := Report{Namespace: created, Access: granted}.Conditions(nil, 1)
	assert.Equal(t, first, Report{Namespace: created, Access: granted}.Conditions(first, 1))
}

func TestConditionsOfOthersStayAndAreNotOurs(t *testing.T) {
	other := metav1.Condition{Type: "TenantOversubscribed", Status: metav1.ConditionTrue, Reason: "Over"}
	conditions := Report{Namespace: created, Access: granted}.Conditions([]metav1.Condition{other}, 1)
	assert.Contains(t, conditions, other)
	assert.Len(t, conditions, 4)
	for _, applied := range Apply(conditions) {
		assert.NotEqual(t, "TenantOversubscribed", *applied.Type)
	}
}

func TestAStepThatSaysNothingKeepsItsCondition(t *testing.T) {
	before := Report{Namespace: created, Access: granted}.Conditions(nil, 1)
	after := Report{Access: Verdict{Reason: Revoking}}.Conditions(before, 1)
	assert.True(t, meta.IsStatusConditionTrue(after, v1alpha1.ConditionNamespaceReady))
	assert.True(t, meta.IsStatusConditionFalse(after, v1alpha1.ConditionReady))
}

func TestWaitingIsNotRetriedAndFailingIs(t *testing.T) {
	blocked := fmt.Errorf("outer: %w", Block(NamespaceExists, "label %s", "it"))
	require.NoError(t, Retry(blocked))
	assert.Equal(t, Verdict{Reason: NamespaceExists, Message: "label it"}, Failed(blocked, NamespaceFailed))
	broken := errors.New("broken")
	require.ErrorIs(t, Retry(broken), broken)
	assert.Equal(t, Verdict{Reason: NamespaceFailed, Message: "broken"}, Failed(broken, NamespaceFailed))
}

func TestOneOfSeveralErrorsDoesNotDecideForAll(t *testing.T) {
	blocked, broken := Block(NamespaceTaken, "it is another's"), errors.New("broken")
	conflict := fmt.Errorf("update: %w", apierrors.NewConflict(corev1.Resource("namespaces"), "a", errors.New("changed")))
	require.EqualError(t, Retry(errors.Join(blocked, broken)), "broken")
	require.NoError(t, Retry(errors.Join(blocked, nil)))
	assert.True(t, Passing(errors.Join(conflict, conflict)))
	assert.False(t, Passing(errors.Join(conflict, broken)))
	assert.False(t, Passing(errors.Join(blocked, conflict)))
	assert.False(t, Passing(nil))
}

func TestAnEventIsSentOncePerChange(t *testing.T) {
	recorder := events.NewFakeRecorder(10)
	sent := func() (all []string) {
		for {
			select {
			case event := <-recorder.Events:
				all = append(all, event)
			default:
				return all
			}
		}
	}
	tenant := &v1alpha1.Tenant{}
	blocked := Report{Namespace: exists, Access: waiting}.Conditions(nil, 1)
	ready := Report{Namespace: created, Access: granted}.Conditions(blocked, 1)

	Announce(recorder, tenant, nil, blocked)
	assert.Equal(t, []string{"Warning NamespaceExists label it"}, sent(), "and none for access, which waits")
	Announce(recorder, tenant, blocked, blocked)
	assert.Empty(t, sent())
	Announce(recorder, tenant, blocked, ready)
	assert.Equal(t, []string{"Normal NamespaceCreated created", "Normal AccessGranted granted"}, sent())
	Announce(recorder, tenant, ready, Report{Namespace: created, Access: granted}.Conditions(ready, 2))
	assert.Empty(t, sent(), "a new generation alone is no news")
}

func TestAMessageFitsAnEvent(t *testing.T) {
	clipped := Clip(strings.Repeat("ü", 1000))
	assert.LessOrEqual(t, len(clipped), 1000)
	assert.True(t, utf8.ValidString(clipped))
	assert.Equal(t, "short", Clip("short"))
}
