// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
	"spectrocloud.com/tenancy/test/integration/permissions/matrix"
)

// atOnce is how many requests there are at a time.
const atOnce = 16

// attempt is what one person does, verb by verb, with an object that nobody else changes.
type attempt struct {
	person matrix.Person
	on     target
	verbs  []string
	// expected is the answer to each verb.
	expected func(verb string) matrix.Answer
	// called is what the report calls it.
	called func(verb string) string
}

// try prepares what the attempts are about, makes them, and reports each answer that is not the expected one in a line.
func (s *scene) try(t *testing.T, attempts []attempt) {
	t.Helper()
	s.prepare(t, attempts)
	var group errgroup.Group
	group.SetLimit(atOnce)
	requests, failures := 0, make([][]string, len(attempts))
	for i, a := range attempts {
		requests += len(a.verbs)
		group.Go(func() error {
			failures[i] = s.make(t.Context(), a)
			return nil
		})
	}
	_ = group.Wait()
	t.Logf("%d requests", requests)
	for _, failure := range slices.Concat(failures...) {
		t.Error(failure)
	}
}

// prepare makes the objects that the attempts are about, and returns when the roles that come with Projects count.
func (s *scene) prepare(t *testing.T, attempts []attempt) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, a := range attempts {
		if a.on.prepared == nil {
			continue
		}
		group.Go(func() error {
			_, err := s.admin.Resource(a.on.resource).Namespace(a.on.prepared.GetNamespace()).Create(t.Context(), a.on.prepared, metav1.CreateOptions{})
			if err != nil {
				return fmt.Errorf("%s of %s: %w", a.on.resource.Resource, a.person.Title(), err)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	for _, a := range attempts {
		if a.on.prepared != nil && a.on.prepared.GetKind() == "Project" {
			cluster.ProjectReady(t, a.on.prepared.GetName())
		}
	}
	settleRBAC(t)
}

// make makes the requests of one attempt, and returns what was not as expected.
func (s *scene) make(ctx context.Context, a attempt) (failures []string) {
	ctx, cancel := context.WithTimeout(ctx, framework.Patience)
	defer cancel()
	for _, verb := range a.verbs {
		want := a.expected(verb)
		got, err := s.request(ctx, a.person, verb, a.on)
		outcome := string(got)
		if err != nil {
			outcome = "an error: " + err.Error()
		}
		if err != nil || got != want {
			failures = append(failures, fmt.Sprintf("%s: %s: expected %s, got %s", a.person.Title(), a.called(verb), want, outcome))
		}
	}
	return failures
}
