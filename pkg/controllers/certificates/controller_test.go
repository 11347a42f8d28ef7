// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestABundleThatHadToBeWrittenAgainIsSaid(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(start)
	c := New(Config{Policy: daily, Clock: clock})
	require.NoError(t, c.notUndone("v1alpha1", []byte("a")))
	require.NoError(t, c.notUndone("v1beta1", []byte("a")), "another APIService")
	require.NoError(t, c.notUndone("v1alpha1", []byte("b")), "a rotation goes on")
	clock.SetTime(start.Add(10 * time.Second))
	require.ErrorContains(t, c.notUndone("v1alpha1", []byte("b")), "caBundle of APIService v1alpha1 had to be written again after 10s")
	clock.SetTime(start.Add(10*time.Second + undone))
	require.NoError(t, c.notUndone("v1alpha1", []byte("b")), "once an hour is nobody's fight")
}
