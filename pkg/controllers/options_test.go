// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDefaultsAreValid(t *testing.T) {
	o, err := NewOptions()
	require.NoError(t, err)
	require.NoError(t, o.Complete())
	require.NoError(t, o.Validate())
	assert.Equal(t, "palette-system", o.LeaderElection.ResourceNamespace)
	assert.Equal(t, "tenancy-controller-manager", o.LeaderElection.ResourceName)
	assert.True(t, o.LeaderElection.LeaderElect)
}

func TestBadFlagsAreNamedTogether(t *testing.T) {
	command, err := NewCommand()
	require.NoError(t, err)
	command.SetArgs([]string{"--system-namespace=Not A Name", "--concurrent-syncs=0", "--kube-api-qps=0", "--leader-elect-lease-duration=1s", "--secure-port=0"})
	command.SilenceErrors = true
	err = command.ExecuteContext(t.Context())
	for _, flag := range []string{"--system-namespace", "--concurrent-syncs", "--kube-api-qps", "leaseDuration"} {
		require.ErrorContains(t, err, flag)
	}
}
