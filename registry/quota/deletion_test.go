// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	registryrest "k8s.io/apiserver/pkg/registry/rest"
)

func TestATenantWithProjectsIsNotDeletedAndSaysWhichItHas(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	for i := range 12 {
		require.NoError(t, s.createProject(t.Context(), newProject(fmt.Sprintf("p%02d", i), "acme", nil)))
	}
	before := revision(t, etcd)

	err := s.deleteTenant(t.Context(), "acme")
	assert.True(t, apierrors.IsConflict(err), err)
	assert.ErrorContains(t, err, "its Projects must be deleted first; there are 12: p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 2 more")
	assert.Equal(t, before, revision(t, etcd), "a refused delete left something")

	for i := range 12 {
		require.NoError(t, s.deleteProject(t.Context(), fmt.Sprintf("p%02d", i)))
	}
	assert.True(t, apierrors.IsConflict(s.deleteTenant(t.Context(), "acme")), "Projects that are not finalized still need their Tenant")
	for i := range 12 {
		require.NoError(t, s.finalizeProject(t.Context(), fmt.Sprintf("p%02d", i)))
	}
	assert.NoError(t, s.deleteTenant(t.Context(), "acme"))
}

func TestATerminatingTenantTakesNoNewProject(t *testing.T) {
	s := newServer(t, startEtcd(t), denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	require.NoError(t, s.deleteTenant(t.Context(), "acme"))
	err := s.createProject(t.Context(), newProject("ml", "acme", nil))
	assert.True(t, apierrors.IsForbidden(err), err)
	assert.ErrorContains(t, err, `the Tenant "acme" is being deleted`)

	require.NoError(t, s.finalizeTenant(t.Context(), "acme"))
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)), "the name is free again")
	assert.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", nil)))
}

func TestDeleteCollectionOfTenantsKeepsThoseWithProjects(t *testing.T) {
	s := newServer(t, startEtcd(t), denies)
	for _, name := range []string{"acme", "beta", "coyote"} {
		require.NoError(t, s.createTenant(t.Context(), newTenant(name, nil)))
	}
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "beta", nil)))
	collection := s.tenants.(registryrest.CollectionDeleter)
	_, err := collection.DeleteCollection(tenants(t.Context()), registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{}, nil)
	assert.True(t, apierrors.IsConflict(err), err)
	kept, err := s.getTenant(t.Context(), "beta")
	require.NoError(t, err)
	assert.Nil(t, kept.DeletionTimestamp)
}

// That no revision has a Project under a Tenant that is gone or going is checked with etcd's whole history, at the end of
// the test.
func TestNoProjectIsEverUnderATenantThatIsGoneOrGoing(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	var created, refused, kept atomic.Int32
	for round := range 12 {
		tenant := fmt.Sprintf("tenant-%d", round)
		require.NoError(t, servers[0].createTenant(t.Context(), newTenant(tenant, nil)))
		name := func(creator int) string { return fmt.Sprintf("p-%d-%d", round, creator) }
		for creator := range 2 {
			require.NoError(t, servers[0].createProject(t.Context(), newProject(name(creator), tenant, nil)))
		}
		errs := race(func(writer int) error {
			s := servers[writer%2]
			switch {
			case writer < 2:
				// Creates its Project again and again, until the Tenant is gone.
				for {
					if err := errors.Join(s.deleteProject(t.Context(), name(writer)), s.finalizeProject(t.Context(), name(writer))); err != nil {
						return err
					}
					if err := s.createProject(t.Context(), newProject(name(writer), tenant, nil)); apierrors.IsForbidden(err) {
						refused.Add(1)
						return nil
					} else if err != nil {
						return err
					}
					created.Add(1)
				}
			case writer < 4:
				for {
					err := s.deleteTenant(t.Context(), tenant)
					if !apierrors.IsConflict(err) {
						return err
					}
					kept.Add(1)
				}
			}
			return nil
		})
		for _, err := range errs {
			assert.NoError(t, err)
		}
		require.NoError(t, servers[0].finalizeTenant(t.Context(), tenant))
	}
	t.Logf("Projects created again: %d, refused: %d; deletes of Tenants refused: %d", created.Load(), refused.Load(), kept.Load())
	assert.NotZero(t, created.Load(), "no Project won a race: it shows nothing")
	assert.NotZero(t, kept.Load(), "no Project was in a Tenant's way: it shows nothing")
}
