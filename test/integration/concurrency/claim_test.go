// SPDX-License-Identifier: Apache-2.0

package concurrency

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestOneOf64ClaimantsGetsTheNamespace lets Tenants and Projects of one name be created at once through both servers.
func TestOneOf64ClaimantsGetsTheNamespace(t *testing.T) {
	const claimants = 64
	servers := replicas(t)
	host := framework.Name("host")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(host), metav1.CreateOptions{})
	require.NoError(t, err)
	winners := map[string]int{}
	for range rounds(10) {
		name := framework.Name("claimed")
		uids := make([]string, claimants)
		errs := race(t.Context(), claimants, func(ctx context.Context, i int) error {
			server := servers[i%2]
			if i/2%2 == 0 {
				tenant, err := server.Tenants().Create(ctx, framework.Tenant(name), metav1.CreateOptions{})
				uids[i] = "Tenant " + string(tenant.UID)
				return err
			}
			project, err := server.Projects(name).Create(ctx, framework.Project(name, host), metav1.CreateOptions{})
			uids[i] = "Project " + string(project.UID)
			return err
		})
		var won []string
		for i, err := range errs {
			if err == nil {
				won = append(won, uids[i])
				continue
			}
			requireVerdict(t, err)
		}
		require.Len(t, won, 1, "claimants of %s that were told they have it", name)
		assert.Equal(t, won[0], owner(t, name))
		winners[strings.Fields(won[0])[0]]++
	}
	t.Logf("won: %v", winners)
	requireHistory(t)
}

// requireVerdict checks that the error says something about what was asked for, and not about someone who was faster.
func requireVerdict(t *testing.T, err error) {
	t.Helper()
	reason := apierrors.ReasonForError(err)
	require.Contains(t, []metav1.StatusReason{metav1.StatusReasonInvalid, metav1.StatusReasonAlreadyExists, metav1.StatusReasonForbidden}, reason, "%v", err)
}

// owner returns the kind and UID of the one object that has the namespace.
func owner(t *testing.T, name string) string {
	t.Helper()
	tenant, noTenant := cluster.Admin.Tenants().Get(t.Context(), name, metav1.GetOptions{})
	project, noProject := cluster.Admin.Projects(name).Get(t.Context(), name, metav1.GetOptions{})
	switch {
	case noTenant == nil && apierrors.IsNotFound(noProject):
		return "Tenant " + string(tenant.UID)
	case noProject == nil && apierrors.IsNotFound(noTenant):
		return "Project " + string(project.UID)
	}
	return fmt.Sprintf("Tenant: %v, Project: %v", noTenant, noProject)
}

// TestATenantGoesOrGetsAProjectButNotBoth deletes Tenants while Projects are created under them.
func TestATenantGoesOrGetsAProjectButNotBoth(t *testing.T) {
	servers := replicas(t)
	kept, deleted := 0, 0
	for range rounds(10) {
		name := framework.Name("leaving")
		_, err := servers[0].Tenants().Create(t.Context(), framework.Tenant(name), metav1.CreateOptions{})
		require.NoError(t, err)
		errs := race(t.Context(), 16, func(ctx context.Context, i int) error {
			server := servers[i%2]
			if i < 2 {
				return server.Tenants().Delete(ctx, name, metav1.DeleteOptions{})
			}
			project := framework.Name("joining")
			_, err := server.Projects(project).Create(ctx, framework.Project(project, name), metav1.CreateOptions{})
			return err
		})
		gone, created := errs[0] == nil || errs[1] == nil, 0
		for i, err := range errs {
			switch {
			case i >= 2 && err == nil:
				created++
			case i >= 2:
				requireVerdict(t, err)
			case err != nil && !apierrors.IsNotFound(err):
				// The one Conflict that is a verdict: the Tenant has Projects.
				assert.ErrorContains(t, err, "its Projects must be deleted first")
			}
		}
		assert.NotEqual(t, gone, created > 0, "deleted: %t, Projects created: %d", gone, created)
		if gone {
			deleted++
		} else {
			kept++
		}
	}
	t.Logf("Tenants that went: %d, that got Projects: %d", deleted, kept)
	requireHistory(t)
}

// TestAReleasedNamespaceIsFreeAtBothServers hands a name from Projects to Tenants and back.
func TestAReleasedNamespaceIsFreeAtBothServers(t *testing.T) {
	servers := replicas(t)
	host, name := framework.Name("host"), framework.Name("handed-on")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(host), metav1.CreateOptions{})
	require.NoError(t, err)
	for i := range rounds(3) {
		_, err := servers[i%2].Projects(name).Create(t.Context(), framework.Project(name, host), metav1.CreateOptions{})
		require.NoError(t, err)
		require.NoError(t, servers[(i+1)%2].Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
		framework.Eventually(t, "the end of Project "+name, func(ctx context.Context) error {
			_, err := servers[i%2].Tenants().Create(ctx, framework.Tenant(name), metav1.CreateOptions{})
			return err
		})
		require.NoError(t, servers[(i+1)%2].Tenants().Delete(t.Context(), name, metav1.DeleteOptions{}))
		framework.Eventually(t, "the end of Tenant "+name, func(ctx context.Context) error {
			_, err := servers[i%2].Projects(name).Create(ctx, framework.Project(name, host), metav1.CreateOptions{DryRun: []string{"All"}})
			return err
		})
	}
	requireHistory(t)
}
