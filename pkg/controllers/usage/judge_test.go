// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

func family(name string, used int64, limit ...int64) v1alpha1.FamilyUsage {
	usage := v1alpha1.FamilyUsage{Family: name, Used: used}
	if len(limit) > 0 {
		usage.Limit = &limit[0]
	}
	return usage
}

func TestOnlyWhatIsInUseIsCounted(t *testing.T) {
	assert.Nil(t, countsOf(nil))
	assert.Nil(t, countsOf([]v1alpha1.FamilyUsage{family("NVIDIA-A100", 0, 64)}))
	assert.Equal(t, v1alpha1.GPUCounts{"NVIDIA-A100": 12}, countsOf([]v1alpha1.FamilyUsage{family("Default", 0, 4), family("NVIDIA-A100", 12)}))
	assert.Equal(t, v1alpha1.GPUCounts{"A": math.MaxInt32}, countsOf([]v1alpha1.FamilyUsage{family("A", math.MaxInt32+1)}))

	assert.Nil(t, countsByProject([]v1alpha1.ProjectUsage{{Name: "project-a", Families: []v1alpha1.FamilyUsage{family("A", 0, 1)}}}))
	assert.Equal(t, map[string]v1alpha1.GPUCounts{"project-a": {"A": 1}}, countsByProject([]v1alpha1.ProjectUsage{
		{Name: "project-a", Families: []v1alpha1.FamilyUsage{family("A", 1)}}, {Name: "project-b"},
	}))
}

func TestTheConditionSaysByHowMuch(t *testing.T) {
	for name, test := range map[string]struct {
		families []v1alpha1.FamilyUsage
		message  string // Of a condition that is True.
	}{
		"nothing in use": {nil, ""},
		"unlimited":      {[]v1alpha1.FamilyUsage{family("NVIDIA-A100", 1000)}, ""},
		"at the limit":   {[]v1alpha1.FamilyUsage{family("NVIDIA-A100", 60, 60)}, ""},
		"over": {[]v1alpha1.FamilyUsage{family("NVIDIA-A100", 62, 60), family("NVIDIA-H100", 1, 8)},
			"NVIDIA-A100: 62 in use, limit 60: 2 over; new requests for it wait until usage drops"},
		"a limit of none": {[]v1alpha1.FamilyUsage{family("NVIDIA-A100", 1, 0)},
			"NVIDIA-A100: 1 in use, limit 0: 1 over; new requests for it wait until usage drops"},
		"two over": {[]v1alpha1.FamilyUsage{family("NVIDIA-A100", 62, 60), family("NVIDIA-H100", 9, 8)},
			"NVIDIA-A100: 62 in use, limit 60: 2 over; NVIDIA-H100: 9 in use, limit 8: 1 over; new requests for these wait until usage drops"},
	} {
		t.Run(name, func(t *testing.T) {
			condition := judge(nil, v1alpha1.ConditionOversubscribed, 7, test.families)
			assert.Equal(t, v1alpha1.ConditionOversubscribed, condition.Type)
			assert.EqualValues(t, 7, condition.ObservedGeneration)
			assert.False(t, condition.LastTransitionTime.IsZero())
			if test.message == "" {
				assert.Equal(t, metav1.ConditionFalse, condition.Status)
				assert.Equal(t, status.WithinLimits, condition.Reason)
				return
			}
			assert.Equal(t, metav1.ConditionTrue, condition.Status)
			assert.Equal(t, status.GPULimitExceeded, condition.Reason)
			assert.Equal(t, test.message, condition.Message)
		})
	}
}

func TestTheConditionsTimeIsThatOfItsTurn(t *testing.T) {
	over := []v1alpha1.FamilyUsage{family("A", 2, 1)}
	before := judge(nil, v1alpha1.ConditionOversubscribed, 1, over)
	before.LastTransitionTime = metav1.NewTime(time.Unix(1, 0))
	old := []metav1.Condition{{Type: v1alpha1.ConditionTenantOversubscribed}, before}

	again := judge(old, v1alpha1.ConditionOversubscribed, 1, over)
	assert.True(t, has(old, again), "nothing is to be written")
	more := judge(old, v1alpha1.ConditionOversubscribed, 1, []v1alpha1.FamilyUsage{family("A", 3, 1)})
	assert.False(t, has(old, more), "by how much is news")
	assert.Equal(t, before.LastTransitionTime, more.LastTransitionTime)
	within := judge(old, v1alpha1.ConditionOversubscribed, 1, nil)
	assert.False(t, has(old, within))
	assert.NotEqual(t, before.LastTransitionTime, within.LastTransitionTime)
	assert.Equal(t, before, old[1], "what the cache holds is not changed")
}

func TestAMessageOfManyFamiliesFitsAnEvent(t *testing.T) {
	var families []v1alpha1.FamilyUsage
	for range 64 {
		families = append(families, family(strings.Repeat("f", 63), 2, 1))
	}
	assert.LessOrEqual(t, len(judge(nil, v1alpha1.ConditionOversubscribed, 1, families).Message), 1000)
}
