// SPDX-License-Identifier: Apache-2.0

package workloadprofile_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	registryrest "k8s.io/apiserver/pkg/registry/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestRevisionsAreNumberedInTheOrderOfTheirCreation(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	s.creates(t, "chat", "", "chat", 1)
	s.creates(t, "chat-b", "chat", "chat", 2)
	s.creates(t, "chat-c", "chat", "chat", 3)
	s.creates(t, "chat-d", "chat-b", "chat", 4)
	s.creates(t, "clone", "", "clone", 1)
	assert.Equal(t, map[string]string{"chat": `{"last":4,"live":4}`, "clone": `{"last":1,"live":1}`}, records(t, client))
}

func TestNoNumberIsGivenTwiceWhateverIsDeleted(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	s.creates(t, "chat", "", "chat", 1)
	s.creates(t, "chat-b", "chat", "chat", 2)
	s.deletes(t, "chat-b")
	s.creates(t, "chat-b", "chat", "chat", 3)
	s.deletes(t, "chat")
	s.creates(t, "chat-d", "chat-b", "chat", 4)
	s.creates(t, "chat", "", "chat", 5) // The name of a lineage that lives on is the lineage's.
	for _, name := range []string{"chat", "chat-b", "chat-d"} {
		assert.NotEmpty(t, records(t, client))
		s.deletes(t, name)
	}
	assert.Empty(t, records(t, client), "a lineage without revisions is forgotten")
	s.creates(t, "chat", "", "chat", 1)
}

func TestManyAtOnceGetANumberEach(t *testing.T) {
	const creators, each = 32, 4
	client := startEtcd(t)
	servers := []server{newServer(t, client), newServer(t, client)}
	servers[0].creates(t, "chat", "", "chat", 1)
	var lock sync.Mutex
	var given []int64
	run, ctx := errgroup.WithContext(t.Context())
	for i := range creators {
		run.Go(func() error {
			s := servers[i%len(servers)]
			for j := range each {
				name := fmt.Sprintf("chat-%d-%d", i, j)
				got, err := s.create(ctx, name, "chat")
				if err != nil {
					return err
				}
				lock.Lock()
				given = append(given, got.Revision)
				lock.Unlock()
				// Every other one is gone at once, and its number with it.
				if j%2 == 0 {
					if _, _, err := s.Delete(in(ctx), name, registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{}); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, run.Wait())
	slices.Sort(given)
	for i, number := range given {
		require.Equal(t, int64(i+2), number, "%v", given)
	}
	assert.Equal(t, map[string]string{"chat": fmt.Sprintf(`{"last":%d,"live":%d}`, 1+creators*each, 1+creators*each/2)}, records(t, client))
}

func TestARevisionOfWhatIsNotThereIsToldTheField(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	for _, dryRun := range [][]string{nil, {metav1.DryRunAll}} {
		_, err := s.create(t.Context(), "chat-b", "chat", dryRun...)
		assert.True(t, apierrors.IsInvalid(err), "%v", err)
		assert.ErrorContains(t, err, `WorkloadProfile.spectrocloud.com "chat-b" is invalid: spec.revisionOf.name: Not found: "chat"`)
	}
	assert.Empty(t, records(t, client))
}

func TestADryRunAnswersTheNumberOfTheMomentAndLeavesNoTrace(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	s.creates(t, "chat", "", "chat", 1)
	before := written(t, client)
	for range 2 {
		got, err := s.create(t.Context(), "chat-b", "chat", metav1.DryRunAll)
		require.NoError(t, err)
		assert.Equal(t, status{Lineage: "chat", Revision: 2}, got)
	}
	s.deletes(t, "chat", metav1.DryRunAll)
	assert.Equal(t, before, written(t, client))
	s.creates(t, "chat-b", "chat", "chat", 2)
}

func TestACreateThatFailsTakesNoNumber(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	s.creates(t, "chat", "", "chat", 1)
	s.creates(t, "chat-b", "chat", "chat", 2)
	for name, of := range map[string]string{"chat-b": "chat", "chat": ""} {
		_, err := s.create(t.Context(), name, of)
		assert.True(t, apierrors.IsAlreadyExists(err), "%v", err)
	}
	hungUp, hangUp := context.WithCancel(t.Context())
	hangUp()
	_, err := s.create(hungUp, "chat-c", "chat")
	assert.Error(t, err)
	s.creates(t, "chat-c", "chat", "chat", 3)
}

// A profile by the same name may be of another lineage by the time that its revision is written.
func TestARevisionIsOfTheProfileThatWasRead(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	s.creates(t, "other", "", "other", 1)
	s.creates(t, "chat", "", "chat", 1)
	s.creates(t, "chat-b", "chat", "chat", 2)
	decided, err := s.Decide(in(t.Context()), nil, profile("chat-c", "chat-b"))
	require.NoError(t, err)
	s.deletes(t, "chat-b")
	s.creates(t, "chat-b", "other", "other", 2)
	// The first guard is of the lineage's record.
	response, err := client.Txn(t.Context()).If(decided.Guards[1:]...).Commit()
	require.NoError(t, err)
	assert.False(t, response.Succeeded)
	s.creates(t, "chat-c", "chat-b", "other", 3)
}

func TestDeletingThemAllForgetsTheLineages(t *testing.T) {
	client := startEtcd(t)
	s := newServer(t, client)
	for i := range 20 {
		_, err := s.create(t.Context(), fmt.Sprintf("chat-%d", i), map[bool]string{true: "chat-0"}[i > 0])
		require.NoError(t, err)
	}
	_, err := s.update(t.Context(), "chat-7", func(p *spectrocloud.WorkloadProfile) { p.Finalizers = []string{"example.com/hold"} })
	require.NoError(t, err)
	_, err = s.DeleteCollection(in(t.Context()), registryrest.ValidateAllObjectFunc, &metav1.DeleteOptions{}, &metainternalversion.ListOptions{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"chat-0": `{"last":20,"live":1}`}, records(t, client), "one of them is yet to be finalized")
	_, err = s.update(t.Context(), "chat-7", func(p *spectrocloud.WorkloadProfile) { p.Finalizers = nil })
	require.NoError(t, err)
	assert.Empty(t, records(t, client))
}
