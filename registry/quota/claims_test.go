// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// writers is how many requests race for one thing.
const writers = 64

// race calls do in as many goroutines as there are writers, at once, and returns the errors by writer.
func race(do func(writer int) error) []error {
	errs := make([]error, writers)
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	done.Wait()
	return errs
}

func TestOfAllThatClaimOneNamespaceAtOnceExactlyOneWins(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	require.NoError(t, servers[0].createTenant(t.Context(), newTenant("acme", nil)))

	for round := range 8 {
		namespace := fmt.Sprintf("contested-%d", round)
		errs := race(func(writer int) error {
			server := servers[writer%2]
			if writer/2%2 == 0 {
				return server.createTenant(t.Context(), newTenant(namespace, nil))
			}
			return server.createProject(t.Context(), newProject(namespace, "acme", nil))
		})

		_, noTenant := servers[0].getTenant(t.Context(), namespace)
		_, noProject := servers[0].getProject(t.Context(), namespace)
		require.NotEqual(t, noTenant == nil, noProject == nil, "a Tenant: %v; a Project: %v", noTenant, noProject)
		winner := "Tenant"
		if noTenant != nil {
			winner = "Project"
		}
		won := 0
		for writer, err := range errs {
			kind := "Tenant"
			if writer/2%2 == 1 {
				kind = "Project"
			}
			switch {
			case err == nil:
				won++
				assert.Equal(t, winner, kind)
			case kind == winner:
				assert.True(t, apierrors.IsAlreadyExists(err), err)
				assert.ErrorContains(t, err, fmt.Sprintf("%q already exists", namespace))
			default:
				assert.True(t, apierrors.IsInvalid(err), err)
				assert.ErrorContains(t, err, fmt.Sprintf("the namespace %q belongs to %s %s", namespace, winner, namespace))
			}
		}
		assert.Equal(t, 1, won, "round %d", round)
	}
}

func TestATakenNamespaceSaysWhoHoldsIt(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", nil)))
	before := revision(t, etcd)

	err := s.createTenant(t.Context(), newTenant("ml", nil))
	assert.True(t, apierrors.IsInvalid(err), err)
	assert.ErrorContains(t, err, `metadata.name: Invalid value: "ml": the namespace "ml" belongs to Project ml: choose another name`)

	err = s.createProject(t.Context(), newProject("acme", "acme", nil))
	assert.True(t, apierrors.IsInvalid(err), err)
	assert.ErrorContains(t, err, `metadata.namespace: Invalid value: "acme": the namespace "acme" belongs to Tenant acme: choose another name`)

	err = s.createTenant(t.Context(), newTenant("acme", nil))
	assert.True(t, apierrors.IsAlreadyExists(err), err)
	err = s.createProject(t.Context(), newProject("ml", "acme", nil))
	assert.True(t, apierrors.IsAlreadyExists(err), err)
	assert.Equal(t, before, revision(t, etcd), "a refused write left something")
}

// Whoever loses the race to create an object through apply finds it there, and updates it.
func TestConcurrentAppliesOfOneNewProjectAllSucceed(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	require.NoError(t, servers[0].createTenant(t.Context(), newTenant("acme", nil)))

	errs := race(func(writer int) error {
		applied := registryrest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
			if project, ok := old.(*spectrocloud.Project); ok && project.ResourceVersion != "" {
				project = project.DeepCopy()
				project.Spec.DisplayName = fmt.Sprint(writer)
				return project, nil
			}
			project := newProject("ml", "acme", nil)
			project.Spec.DisplayName = fmt.Sprint(writer)
			return project, nil
		})
		_, _, err := servers[writer%2].projects.Update(projects(t.Context(), "ml"), "ml", applied,
			registryrest.ValidateAllObjectFunc, registryrest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
		return err
	})
	for _, err := range errs {
		assert.NoError(t, err)
	}
}

func TestTheClaimAndTheRecordsGoWithTheirObject(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	empty := keys(t, etcd)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", nil)))
	alone := keys(t, etcd)
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", nil)))
	assert.Len(t, keys(t, etcd), len(alone)+3, "a Project is an object, a claim and a record")

	require.NoError(t, s.deleteProject(t.Context(), "ml"))
	assert.Contains(t, keys(t, etcd), prefix+"/ledger/claims/ml", "the claim holds until the Project is finalized")
	require.NoError(t, s.finalizeProject(t.Context(), "ml"))
	assert.Equal(t, alone, keys(t, etcd))

	require.NoError(t, s.deleteTenant(t.Context(), "acme"))
	require.NoError(t, s.finalizeTenant(t.Context(), "acme"))
	assert.Equal(t, empty, keys(t, etcd))

	require.NoError(t, s.createTenant(t.Context(), newTenant("ml", nil)), "a freed namespace can be claimed again")
}
