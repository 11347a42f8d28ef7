// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/worker"
)

// maxMessage is in bytes, and keeps a condition's message within what an event's note may hold.
const maxMessage = 1000

// Blocked ends a sync that can't go on until something changes in the cluster. The change is an event that brings the
// sync back, so a Blocked is shown as a condition and not retried.
type Blocked struct {
	Reason, Message string
}

func (b *Blocked) Error() string { return b.Reason + ": " + b.Message }

// Block returns a Blocked.
func Block(reason, format string, args ...any) error {
	return &Blocked{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Retry is what of err is not a Blocked.
func Retry(err error) error {
	return worker.Except(err, func(err error) bool {
		blocked := (*Blocked)(nil)
		return errors.As(err, &blocked)
	})
}

// Passing tells an error all of which a cache that is a moment behind explains, or the end of the program: it is retried and
// not worth a condition.
func Passing(err error) bool { return err != nil && worker.Except(err, passing) == nil }

func passing(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err) ||
		apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) || errors.Is(err, context.Canceled)
}

// Verdict is what one step of a sync came to. The zero Verdict leaves the condition as it was.
type Verdict struct {
	Ready           bool
	Reason, Message string
}

// Failed is the verdict on a step that ended with err: a Blocked's own reason, or else the one given.
func Failed(err error, reason string) Verdict {
	if blocked := (*Blocked)(nil); errors.As(err, &blocked) {
		return Verdict{Reason: blocked.Reason, Message: blocked.Message}
	}
	return Verdict{Reason: reason, Message: err.Error()}
}

// Report is what a sync came to, step by step.
type Report struct {
	Namespace, Access Verdict
	// Wrote says that roles or bindings have been written, whose events bring the object back.
	Wrote bool
}

// Conditions returns old with the report in it, made from the object's generation. Conditions of other types stay.
func (r Report) Conditions(old []metav1.Condition, generation int64) []metav1.Condition {
	conditions := make([]metav1.Condition, len(old), len(old)+3)
	copy(conditions, old)
	set := func(conditionType string, v Verdict) {
		condition := metav1.Condition{
			Type: conditionType, Status: metav1.ConditionFalse, ObservedGeneration: generation,
			Reason: v.Reason, Message: Clip(v.Message),
		}
		if v.Ready {
			condition.Status = metav1.ConditionTrue
		}
		meta.SetStatusCondition(&conditions, condition)
	}
	ready := Verdict{Ready: true, Reason: Ready}
	for _, step := range []struct {
		conditionType string
		verdict       Verdict
	}{{v1alpha1.ConditionNamespaceReady, r.Namespace}, {v1alpha1.ConditionAccessReady, r.Access}} {
		if step.verdict != (Verdict{}) {
			set(step.conditionType, step.verdict)
		}
		if c := meta.FindStatusCondition(conditions, step.conditionType); ready.Ready && (c == nil || c.Status != metav1.ConditionTrue) {
			ready = Verdict{Reason: NamespaceNotReady, Message: step.conditionType + " is not known yet"}
			if c != nil {
				ready.Reason, ready.Message = c.Reason, c.Message
			}
		}
	}
	set(v1alpha1.ConditionReady, ready)
	return conditions
}

// Apply returns those of the conditions that the controllers own, for a server-side apply that leaves others alone.
func Apply(conditions []metav1.Condition) []*metav1ac.ConditionApplyConfiguration {
	var owned []*metav1ac.ConditionApplyConfiguration
	for _, conditionType := range []string{v1alpha1.ConditionNamespaceReady, v1alpha1.ConditionAccessReady, v1alpha1.ConditionReady} {
		if c := meta.FindStatusCondition(conditions, conditionType); c != nil {
			owned = append(owned, metav1ac.Condition().WithType(c.Type).WithStatus(c.Status).WithObservedGeneration(c.ObservedGeneration).
				WithLastTransitionTime(c.LastTransitionTime).WithReason(c.Reason).WithMessage(c.Message))
		}
	}
	return owned
}

// News tells whether the block is not what the condition says already.
func News(conditions []metav1.Condition, conditionType string, blocked *Blocked) bool {
	c := meta.FindStatusCondition(conditions, conditionType)
	return c == nil || c.Reason != blocked.Reason || c.Message != Clip(blocked.Message)
}

// Announce sends an event for each step that has another reason, or another complaint, than before.
func Announce(recorder events.EventRecorder, object runtime.Object, before, after []metav1.Condition) {
	for _, conditionType := range []string{v1alpha1.ConditionNamespaceReady, v1alpha1.ConditionAccessReady} {
		was, is := meta.FindStatusCondition(before, conditionType), meta.FindStatusCondition(after, conditionType)
		if is == nil || is.Reason == NamespaceNotReady || is.Reason == NamespaceTerminating {
			continue // Said by the other condition, or to be said in a namespace that takes no events any more.
		}
		if was != nil && was.Reason == is.Reason && (was.Message == is.Message || is.Status == metav1.ConditionTrue) {
			continue
		}
		eventType := corev1.EventTypeNormal
		if is.Status != metav1.ConditionTrue {
			eventType = corev1.EventTypeWarning
		}
		recorder.Eventf(object, nil, eventType, is.Reason, "Sync", "%s", is.Message)
	}
}

// Clip shortens a message to what an event's note may hold.
func Clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-3], "") + "..."
}
