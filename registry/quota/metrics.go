// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/component-base/metrics"
	"k8s.io/component-base/metrics/legacyregistry"
	"k8s.io/component-base/tracing"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/pkg/storage"
)

// auditAnnotation is on the audit event of each write that GPU quotas had a say in: the verdict and its reasons.
const auditAnnotation = "quota.spectrocloud.com/verdict"

var (
	verdicts = metrics.NewCounterVec(&metrics.CounterOpts{
		Namespace: "tenancy", Subsystem: "quota", Name: "verdicts_total", StabilityLevel: metrics.ALPHA,
		Help: "Writes of ComputePools and AIWorkloads that GPU quotas were decided on, by resource and verdict: the reason of " +
			"condition QuotaReserved, Released for one that is removed, or Refused.",
	}, []string{"resource", "verdict"})
	decisionSeconds = metrics.NewHistogram(&metrics.HistogramOpts{
		Namespace: "tenancy", Subsystem: "quota", Name: "decision_duration_seconds", StabilityLevel: metrics.ALPHA,
		Help:    "Time to decide on one write, waiting for the turn included, the write itself not.",
		Buckets: metrics.ExponentialBuckets(0.00001, 4, 10),
	})
	waitSeconds = metrics.NewHistogram(&metrics.HistogramOpts{
		Namespace: "tenancy", Subsystem: "quota", Name: "wait_duration_seconds", StabilityLevel: metrics.ALPHA,
		Help:    "Time that admitted requests had waited, to the second.",
		Buckets: metrics.ExponentialBuckets(1, 4, 10),
	})
	conflicts = metrics.NewCounter(&metrics.CounterOpts{
		Namespace: "tenancy", Subsystem: "quota", Name: "conflicts_total", StabilityLevel: metrics.ALPHA,
		Help: "Decisions that were made again because what they were made on had changed. Clients don't see them.",
	})
	turnsTaken = metrics.NewCounter(&metrics.CounterOpts{
		Namespace: "tenancy", Subsystem: "quota", Name: "turns_total", StabilityLevel: metrics.ALPHA,
		Help: "Times that this server took the turn to decide on a Tenant's GPUs.",
	})
)

func init() {
	legacyregistry.MustRegister(verdicts, decisionSeconds, waitSeconds, conflicts, turnsTaken)
}

// told counts a decision and puts the verdict on the request's audit event, as soon as it is final.
func told(ctx context.Context, before, after *consumer, took time.Duration, txn *storage.Transaction, err error) (*storage.Transaction, error) {
	if txn == nil && err == nil {
		return nil, nil // It was none of the ledger's business, or a dry run.
	}
	decisionSeconds.Observe(took.Seconds())
	resource := before.or(after).key.resource
	if err != nil {
		if refused(err) {
			verdicts.WithLabelValues(resource, "Refused").Inc()
			trace(ctx, "Refused")
			audit.AddAuditAnnotation(ctx, auditAnnotation, "Refused: "+err.Error())
		}
		return nil, err
	}
	verdict, message := "Released", "its GPUs are free"
	if after != nil {
		condition := meta.FindStatusCondition(after.status.Conditions, spectrocloud.ConditionQuotaReserved)
		verdict, message = condition.Reason, condition.Message
	}
	trace(ctx, verdict)
	settle := txn.Settle
	txn.Settle = func(outcome storage.Outcome) {
		settle(outcome)
		if outcome.Result != storage.Written {
			return
		}
		verdicts.WithLabelValues(resource, verdict).Inc()
		audit.AddAuditAnnotation(ctx, auditAnnotation, verdict+": "+message)
		if waited, ok := before.waited(); ok && verdict == reasonReserved {
			waitSeconds.Observe(waited.Seconds())
		}
	}
	return txn, nil
}

// trace puts a verdict on the span of the decision.
func trace(ctx context.Context, verdict string) {
	tracing.SpanFromContext(ctx).AddEvent("Decided", attribute.String("verdict", verdict))
}

// waited is how long the consumer has waited, if it waits.
func (c *consumer) waited() (time.Duration, bool) {
	if c == nil {
		return 0, false
	}
	condition := meta.FindStatusCondition(c.status.Conditions, spectrocloud.ConditionQuotaReserved)
	if condition == nil || condition.Reason != reasonWaiting {
		return 0, false
	}
	return time.Since(condition.LastTransitionTime.Time), true
}
