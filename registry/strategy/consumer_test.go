// SPDX-License-Identifier: Apache-2.0

package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/strategy"
)

type status = spectrocloud.ConsumerStatus

func TestAProvisionerMovesThePhaseOfWhatIsAdmittedOnly(t *testing.T) {
	for _, tc := range []struct{ old, asked, want spectrocloud.ConsumerPhase }{
		{"Admitted", "Provisioning", "Provisioning"},
		{"Provisioning", "Running", "Running"},
		{"Running", "Failed", "Failed"},
		{"Failed", "Admitted", "Admitted"},
		{"Running", "Pending", "Running"},
		{"Running", "Suspended", "Running"},
		{"Running", "", "Running"},
		{"Pending", "Admitted", "Pending"},
		{"Pending", "Running", "Pending"},
		{"Pending", "Suspended", "Pending"},
		{"Suspended", "Running", "Suspended"},
		{"Suspended", "Pending", "Suspended"},
		{"", "Admitted", ""},
		{"Pending", "Nonsense", "Nonsense"}, // which validation refuses
	} {
		got := status{Phase: tc.asked}
		strategy.KeepDecided(&got, &status{Phase: tc.old})
		assert.Equal(t, tc.want, got.Phase, "%s asked for where it is %s", tc.asked, tc.old)
	}
}

func TestAProvisionerCantWriteWhatTheLedgerDecides(t *testing.T) {
	reserved := metav1.Condition{Type: "QuotaReserved", Status: metav1.ConditionFalse, Reason: "NoRoom", Message: "0 of 4"}
	mine := metav1.Condition{Type: "Mine", Status: metav1.ConditionTrue, Reason: "Mine"}
	forged := metav1.Condition{Type: "QuotaReserved", Status: metav1.ConditionTrue, Reason: "Forged"}
	old := status{Phase: "Pending", ObservedGeneration: 3, GPUUsage: spectrocloud.GPUCounts{"A100": 4}, Conditions: []metav1.Condition{mine, reserved}}
	for name, tc := range map[string]struct {
		asked []metav1.Condition
		want  []metav1.Condition
	}{
		"as it is":                {[]metav1.Condition{mine, reserved}, []metav1.Condition{mine, reserved}},
		"forged":                  {[]metav1.Condition{forged, mine}, []metav1.Condition{mine, reserved}},
		"forged twice":            {[]metav1.Condition{forged, mine, forged}, []metav1.Condition{mine, reserved}},
		"removed":                 {nil, []metav1.Condition{reserved}},
		"beside another's change": {[]metav1.Condition{reserved, {Type: "Mine", Reason: "New"}, {Type: "Other"}}, []metav1.Condition{{Type: "Mine", Reason: "New"}, reserved, {Type: "Other"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := status{Phase: "Running", ObservedGeneration: 99, GPUUsage: spectrocloud.GPUCounts{"A100": 99}, Conditions: tc.asked}
			strategy.KeepDecided(&got, &old)
			want := old
			want.Conditions = tc.want
			assert.Equal(t, want, got)
		})
	}
	got := status{GPUUsage: spectrocloud.GPUCounts{}}
	strategy.KeepDecided(&got, &old)
	got.GPUUsage["A100"] = 5
	assert.Equal(t, int32(4), old.GPUUsage["A100"], "the ledger writes its next verdict into the new status, not into the old one")
	undecided := status{Conditions: []metav1.Condition{forged, mine}}
	strategy.KeepDecided(&undecided, &status{})
	assert.Equal(t, []metav1.Condition{mine}, undecided.Conditions, "a verdict that was never given is not to be had either")
}

func TestWhatTheLedgerDecidesHasNoOtherOwner(t *testing.T) {
	set := fieldpath.NewSet(strategy.Decided...)
	condition := func(of string) fieldpath.Path {
		return fieldpath.MakePathOrDie("status", "conditions", fieldpath.KeyByFields("type", of))
	}
	for _, path := range []fieldpath.Path{
		fieldpath.MakePathOrDie("status", "gpuUsage"), fieldpath.MakePathOrDie("status", "observedGeneration"), condition("QuotaReserved"),
	} {
		assert.True(t, set.Has(path), path)
	}
	assert.False(t, set.Has(fieldpath.MakePathOrDie("status", "phase")))
	assert.False(t, set.Has(condition("Mine")))
}
