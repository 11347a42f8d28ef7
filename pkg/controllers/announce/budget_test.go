// SPDX-License-Identifier: Apache-2.0

package announce

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	testingclock "k8s.io/utils/clock/testing"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

func in(namespace string) *v1alpha1.AIWorkload {
	return &v1alpha1.AIWorkload{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "w"}}
}

func TestABurstIsSentInPartAndCountedInFull(t *testing.T) {
	clock := testingclock.NewFakeClock(time.Unix(0, 0))
	b := newBudget(clock)
	sent := 0
	for i := range 10000 {
		reason := status.Admitted
		if i%4 == 0 {
			reason = status.Waiting
		}
		if b.spend(in("p"), reason) {
			sent++
		}
	}
	assert.Equal(t, projectBurst, sent)
	assert.True(t, b.spend(in("q"), status.Admitted), "a Project does not suffer for another one")

	left := b.settle()
	assert.Len(t, left, 1)
	assert.Equal(t, 10000-projectBurst, left["p"].count[status.Admitted]+left["p"].count[status.Waiting])
	assert.Equal(t, "GPU requests decided in the last 10s without an event of their own: 7482 admitted, 2493 waiting, 0 suspended; "+
		"the condition QuotaReserved of each says more", left["p"].String())
	assert.Empty(t, b.settle(), "it is told once")

	clock.Step(2 * time.Second)
	assert.True(t, b.spend(in("p"), status.Admitted))
	assert.True(t, b.spend(in("p"), status.Admitted))
	assert.False(t, b.spend(in("p"), status.Admitted))
}

func TestManyProjectsTogetherHaveABudgetToo(t *testing.T) {
	clock := testingclock.NewFakeClock(time.Unix(0, 0))
	b := newBudget(clock)
	sent := 0
	for i := range 1000 {
		if b.spend(in(fmt.Sprintf("p-%d", i)), status.Admitted) {
			sent++
		}
	}
	assert.Equal(t, totalBurst, sent)
	assert.Len(t, b.settle(), 1000-totalBurst)
	assert.Len(t, b.projects, 1000)
	clock.Step(quiet)
	b.settle()
	assert.Empty(t, b.projects, "quiet Projects are forgotten")
}
