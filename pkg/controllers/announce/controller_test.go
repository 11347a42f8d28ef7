// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"testing"

	"github.com/stretchr/testify/assert"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

func TestTheOutcomeIsWhatTheConditionSays(t *testing.T) {
	for condition, want := range map[string]string{
		"Reserved": status.Admitted, "Waiting": status.Waiting, "Suspended": status.Suspended,
		"NoGPUsRequested": "", "ChargedToComputePool": "", "Terminating": "",
	} {
		decided := v1alpha1.ConsumerStatus{Conditions: []metav1.Condition{
			{Type: "Provisioned", Reason: "Waiting"}, {Type: v1alpha1.ConditionQuotaReserved, Reason: condition, Message: "why"},
		}}
		for _, object := range []any{&v1alpha1.AIWorkload{Status: decided}, &v1alpha1.ComputePool{Status: decided}} {
			reason, message := outcome(object)
			assert.Equal(t, want, reason)
			assert.Equal(t, "why", message)
		}
	}
	undecided, _ := outcome(&v1alpha1.AIWorkload{})
	assert.Empty(t, undecided)
	none, _ := outcome(nil)
	assert.Empty(t, none, "of an object that was not there before")
}
