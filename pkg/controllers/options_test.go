// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"testing"
	"time"

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

func TestCertificateFlagsAreValidated(t *testing.T) {
	valid := func() *Options {
		o, err := NewOptions()
		require.NoError(t, err)
		require.NoError(t, o.Complete())
		o.Certificates.Service, o.Certificates.Namespace = "tenancy-apiserver", "palette-system"
		return o
	}
	require.NoError(t, valid().Validate())
	for flag, spoil := range map[string]func(*Options){
		"--serving-certificate-service":   func(o *Options) { o.Certificates.Service = "a.b" },
		"--serving-certificate-namespace": func(o *Options) { o.Certificates.Namespace = "" },
		"--serving-certificate-lifetime":  func(o *Options) { o.Certificates.Lifetime = 9 * time.Second },
		"--serving-ca-lifetime":           func(o *Options) { o.Certificates.CALifetime = 3*o.Certificates.Lifetime - time.Second },
	} {
		o := valid()
		spoil(o)
		require.ErrorContains(t, o.Validate(), flag)
		o.Certificates.Service = ""
		require.NoError(t, o.Validate(), "nobody asks for certificates")
	}
}

func TestTheNamespaceOfCertificatesIsThePodsByDefault(t *testing.T) {
	t.Setenv("POD_NAMESPACE", "pods")
	o, err := NewOptions()
	require.NoError(t, err)
	require.NoError(t, o.Complete())
	assert.Equal(t, "pods", o.Certificates.Namespace)
}
