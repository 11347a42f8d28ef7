// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestWithTheSwitchOffThereIsNoTenant(t *testing.T) {
	without := framework.Disposable(t, localcluster.Options{ExtraArgs: quickElection})
	waitRemembered(t, without, wanted...)
	record, err := remembered(t.Context(), without, systemNamespace)
	require.NoError(t, err)
	assert.Equal(t, wanted, slices.Sorted(maps.Keys(record)))
	tenants, err := without.Admin.Tenants().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, tenants.Items)
	projects, err := without.Admin.Projects("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, projects.Items)

	t.Run("and switched on later it leaves somebody's Tenant of that name alone", func(t *testing.T) {
		made, err := without.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant, "others"), metav1.CreateOptions{})
		require.NoError(t, err)
		require.True(t, run(t, without, systemNamespace, true, untilDone))
		record, err := remembered(t.Context(), without, systemNamespace)
		require.NoError(t, err)
		assert.Equal(t, "found", record["Tenant."+tenant])
		assert.Equal(t, "skipped", record["Project."+project])
		after, err := without.Admin.Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, made.Spec, after.Spec)
		_, err = without.Admin.Projects(project).Get(t.Context(), project, metav1.GetOptions{})
		require.NoError(t, notFound(err))
	})

	t.Run("and what can't be installed for want of an API server is when it is there", func(t *testing.T) {
		remove(t, without, systemNamespace, "ScalingPolicy.balanced")
		forget(t, without, "ScalingPolicy.balanced")
		server, manager := without.Component(localcluster.TenancyAPIServer), without.Component(localcluster.TenancyControllerManager)
		require.NoError(t, server.Stop())
		require.NoError(t, manager.Stop())
		require.NoError(t, manager.Restart(t.Context()))
		framework.Eventually(t, "it waits", func(context.Context) error {
			if !strings.Contains(without.LogTail(localcluster.TenancyControllerManager, 200), "Waiting for the tenancy API") {
				return errors.New("the log does not tell of it")
			}
			return nil
		})
		require.NoError(t, server.Restart(t.Context()))
		waitRemembered(t, without, "ScalingPolicy.balanced")
		assert.Contains(t, in(t, without, systemNamespace), "ScalingPolicy.balanced")
	})
}
