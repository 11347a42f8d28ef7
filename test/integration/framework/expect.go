// SPDX-License-Identifier: Apache-2.0

package framework

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// Patience is how long a test waits for what takes a second or two on an idle machine.
const Patience = 45 * time.Second

// Refused checks that err is an API error of that code, and that its message holds each of the fragments.
func Refused(t *testing.T, err error, code int32, fragments ...string) bool {
	t.Helper()
	var status apierrors.APIStatus
	if !assert.Error(t, err, "it was accepted") || !assert.True(t, errors.As(err, &status), "not an answer of the API: %v", err) {
		return false
	}
	ok := assert.Equal(t, code, status.Status().Code, "%v", err)
	for _, fragment := range fragments {
		ok = assert.Contains(t, status.Status().Message, fragment) && ok
	}
	return ok
}

// Eventually waits until check finds nothing missing. Its last error says what was.
func Eventually(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	EventuallyWithin(t, Patience, what, check)
}

// EventuallyWithin is Eventually with a deadline of its own.
func EventuallyWithin(t *testing.T, deadline time.Duration, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, deadline, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	require.NoError(t, err, "waiting for %s: %v", what, last)
}

// Ready returns what keeps an object with these conditions from being ready.
func Ready(object metav1.Object, conditions []metav1.Condition) error {
	condition := meta.FindStatusCondition(conditions, "Ready")
	switch {
	case condition == nil:
		return errors.New(object.GetName() + " has no condition Ready yet")
	case condition.Status != metav1.ConditionTrue:
		return errors.New(object.GetName() + " is not ready: " + condition.Reason + ": " + condition.Message)
	case condition.ObservedGeneration != object.GetGeneration():
		return errors.New(object.GetName() + " was ready before its last change")
	}
	return nil
}

// TenantReady waits until the Tenant is.
func (c *Cluster) TenantReady(t *testing.T, name string) {
	t.Helper()
	Eventually(t, "Tenant "+name, func(ctx context.Context) error {
		tenant, err := c.Admin.Tenants().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return errors.Join(Ready(tenant, tenant.Status.Conditions), reported(tenant.Status.Conditions, v1alpha1.ConditionTenantOversubscribed))
	})
}

// ProjectReady waits until the Project is.
func (c *Cluster) ProjectReady(t *testing.T, name string) {
	t.Helper()
	Eventually(t, "Project "+name, func(ctx context.Context) error {
		project, err := c.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return errors.Join(Ready(project, project.Status.Conditions), reported(project.Status.Conditions, v1alpha1.ConditionOversubscribed))
	})
}

// reported is an error until the controller that reports on GPUs has done so: later it would be in the way of an update.
func reported(conditions []metav1.Condition, of string) error {
	if meta.FindStatusCondition(conditions, of) == nil {
		return errors.New("there is no condition " + of + " yet")
	}
	return nil
}
