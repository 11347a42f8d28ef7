// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// marker is a default that tests bring back to see that a new leader has looked at all of them.
const marker = "PolicyDefinition.topology"

// restart ends the controller manager and waits until the next one has looked at every default.
func restart(t *testing.T, end func(*localcluster.Component) error) {
	t.Helper()
	// One that is deleted while its installation holds it would be left alone, as somebody's wish.
	framework.Eventually(t, marker+" to be free", func(ctx context.Context) error {
		kind, name, _ := strings.Cut(marker, ".")
		object, err := cluster.Admin.Dynamic.Resource(kinds[kind]).Namespace(systemNamespace).Get(ctx, name, metav1.GetOptions{})
		if err == nil && len(object.GetFinalizers()) > 0 {
			err = fmt.Errorf("it has finalizers %v", object.GetFinalizers())
		}
		return err
	})
	remove(t, cluster, systemNamespace, marker)
	forget(t, cluster, marker)
	manager := cluster.Component(localcluster.TenancyControllerManager)
	require.NoError(t, end(manager))
	require.NoError(t, manager.Restart(t.Context()))
	waitRemembered(t, cluster, marker)
}

func TestAFreshClusterHasTheDefaults(t *testing.T) {
	all := slices.Sorted(slices.Values(append([]string{"Project." + project, "Tenant." + tenant}, wanted...)))
	waitRemembered(t, cluster, all...)
	record, err := remembered(t.Context(), cluster, systemNamespace)
	require.NoError(t, err)
	assert.Equal(t, all, slices.Sorted(maps.Keys(record)))
	framework.EventuallyWithin(t, 10*time.Second, "no default to be held", func(context.Context) error {
		for key, object := range in(t, cluster, systemNamespace) {
			if len(object.GetFinalizers()) > 0 {
				return fmt.Errorf("%s has finalizers %v", key, object.GetFinalizers())
			}
		}
		return nil
	})
	assert.Equal(t, wanted, slices.Sorted(maps.Keys(in(t, cluster, systemNamespace))))

	cluster.TenantReady(t, tenant)
	cluster.ProjectReady(t, project)
	made, err := cluster.Admin.Projects(project).Get(t.Context(), project, metav1.GetOptions{})
	require.NoError(t, err)
	assertFree(t, project, made)
	assert.Empty(t, made.Spec.GPUResources)
	owner, err := cluster.Admin.Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
	require.NoError(t, err)
	assertFree(t, tenant, owner)
	assert.Empty(t, owner.Spec.GPUResources)
}

func TestADeletedDefaultStaysDeletedAndCanBeHadBack(t *testing.T) {
	waitRemembered(t, cluster, wanted...)
	remove(t, cluster, systemNamespace, "ScalingPolicy.responsive")
	restart(t, (*localcluster.Component).Stop)
	assert.NotContains(t, in(t, cluster, systemNamespace), "ScalingPolicy.responsive")

	restart(t, func(manager *localcluster.Component) error {
		remove(t, cluster, systemNamespace, "TraitDefinition.env")
		return manager.Kill()
	})
	after := in(t, cluster, systemNamespace)
	assert.NotContains(t, after, "ScalingPolicy.responsive")
	assert.NotContains(t, after, "TraitDefinition.env")
	assert.Contains(t, after, marker)

	forget(t, cluster, "ScalingPolicy.responsive")
	forget(t, cluster, "TraitDefinition.env")
	restart(t, (*localcluster.Component).Stop)
	assert.Equal(t, wanted, slices.Sorted(maps.Keys(in(t, cluster, systemNamespace))))
}

func TestAChangedDefaultStaysChanged(t *testing.T) {
	waitRemembered(t, cluster, wanted...)
	policies := cluster.Admin.Dynamic.Resource(kinds["ScalingPolicy"]).Namespace(systemNamespace)
	changed, err := policies.Patch(t.Context(), "conservative", types.MergePatchType, []byte(`{"spec": {"displayName": "Ours"}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	restart(t, (*localcluster.Component).Stop)
	assert.Equal(t, changed, in(t, cluster, systemNamespace)["ScalingPolicy.conservative"])
}

func TestADeletedDefaultTenantStaysDeleted(t *testing.T) {
	waitRemembered(t, cluster, "Tenant."+tenant, "Project."+project)
	cluster.ProjectReady(t, project)
	gone := func(what string, get func(context.Context) error) {
		framework.EventuallyWithin(t, time.Minute, what+" to be gone", func(ctx context.Context) error { return notFound(get(ctx)) })
	}
	projectGone := func(ctx context.Context) error {
		_, err := cluster.Admin.Projects(project).Get(ctx, project, metav1.GetOptions{})
		return err
	}
	tenantGone := func(ctx context.Context) error {
		_, err := cluster.Admin.Tenants().Get(ctx, tenant, metav1.GetOptions{})
		return err
	}
	namespaceGone := func(ctx context.Context) error {
		_, err := cluster.Admin.Host.CoreV1().Namespaces().Get(ctx, project, metav1.GetOptions{})
		return err
	}
	require.NoError(t, cluster.Admin.Projects(project).Delete(t.Context(), project, metav1.DeleteOptions{}))
	gone("the Project", projectGone)
	restart(t, (*localcluster.Component).Stop)
	require.NoError(t, notFound(projectGone(t.Context())))

	require.NoError(t, cluster.Admin.Tenants().Delete(t.Context(), tenant, metav1.DeleteOptions{}))
	restart(t, (*localcluster.Component).Kill)
	gone("the Tenant", tenantGone)
	restart(t, (*localcluster.Component).Stop)
	require.NoError(t, notFound(tenantGone(t.Context())))
	require.NoError(t, notFound(projectGone(t.Context())))

	// Both are to be had back, once their namespaces are gone.
	gone("the Project's namespace", namespaceGone)
	forget(t, cluster, "Tenant."+tenant)
	forget(t, cluster, "Project."+project)
	restart(t, (*localcluster.Component).Stop)
	cluster.TenantReady(t, tenant)
	cluster.ProjectReady(t, project)
}
