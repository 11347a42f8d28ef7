// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	writers = 64
	// patience is how long one request may take.
	patience = 30 * time.Second
	// mostRequested is what one request may ask for.
	mostRequested = 8
)

// storm is many writers in one place, and what they were told.
type storm struct {
	place
	servers []*framework.Person
	// rough says that servers or their etcd are killed, so that a request may go unanswered.
	rough bool
	steps atomic.Int64

	mu         sync.Mutex
	outcomes   map[string]int
	wrong      []string
	belongings []*belonging
}

// newStorm is a storm in a place of its own, in which there are fewer GPUs than its writers ask for.
func newStorm(t *testing.T, rough bool) *storm {
	t.Helper()
	quotas := v1alpha1.GPUResources{
		Limits:   counts{a100: 48, h100: 32, otherFamilies: 16},
		Requests: counts{otherFamilies: mostRequested},
	}
	return &storm{
		place:   newPlace(t, quotas, counts{a100: 16}, counts{h100: 8}, nil),
		servers: everyWay(t), rough: rough, outcomes: map[string]int{},
	}
}

// rage lets the writers go on until disturb returns.
func (s *storm) rage(t *testing.T, disturb func()) {
	t.Helper()
	over, end := context.WithCancel(t.Context())
	defer end()
	began := time.Now()
	var writing sync.WaitGroup
	for i := range writers {
		w := &writer{storm: s, dice: rand.New(rand.NewPCG(uint64(i), 7))}
		writing.Go(func() {
			for over.Err() == nil {
				w.step(t.Context())
				s.steps.Add(1)
			}
		})
	}
	disturb()
	end()
	writing.Wait()
	s.report(t, time.Since(began))
}

// report logs what became of the requests, and fails the test if an answer was wrong or nothing of a sort happened.
func (s *storm) report(t *testing.T, took time.Duration) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, n := range s.outcomes {
		total += n
	}
	t.Logf("%d requests in %.1fs: %v", total, took.Seconds(), s.outcomes)
	for i, wrong := range s.wrong {
		if i == 10 {
			t.Errorf("and %d more", len(s.wrong)-i)
			break
		}
		t.Error(wrong)
	}
	expected := []string{"create: done", "apply: done", "resize: done", "resize: refused", "suspend: done", "resume: done", "delete: done",
		"finalize: done", "Tenant's limit: done", "Project's limit: done", "too much: refused"}
	if s.rough {
		expected = []string{"create: done", "create: unanswered", "delete: done"} // A slow machine gets no further between two kills.
	}
	for _, what := range expected {
		assert.NotZero(t, s.outcomes[what], what)
	}
}

// progress waits until the writers have made so many further steps.
func (s *storm) progress(t *testing.T, steps int64) {
	t.Helper()
	goal := s.steps.Load() + steps
	framework.EventuallyWithin(t, convergence, "the storm to go on", func(context.Context) error {
		if made := s.steps.Load(); made < goal {
			return fmt.Errorf("%d steps, waiting for %d", made, goal)
		}
		return nil
	})
}

// result is what came of a request.
type result string

const (
	done       result = "done"
	refused    result = "refused" // By the rule that it was to run into.
	missing    result = "missing" // There is no such object.
	unanswered result = "unanswered"
	wrong      result = "wrong" // Not what a client may be told.
)

// ask sends a request through one of the servers. A refusal that may come says what its message holds.
func (s *storm) ask(ctx context.Context, dice *rand.Rand, what, refusal string, send func(context.Context, *framework.Person) (object, error)) (object, result) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	told, err := send(ctx, s.servers[dice.IntN(len(s.servers))])
	result := s.judge(err, refusal)
	s.mu.Lock()
	s.outcomes[what+": "+string(result)]++
	if result == wrong {
		s.wrong = append(s.wrong, fmt.Sprintf("%s: %v", what, err))
	}
	s.mu.Unlock()
	if result == unanswered {
		s.awaitServed(ctx, dice)
	}
	return told, result
}

// judge says what an answer means. Nobody sends a resource version, so nobody may be told of a conflict.
func (s *storm) judge(err error, refusal string) result {
	var status apierrors.APIStatus
	if err == nil {
		return done
	}
	if !errors.As(err, &status) {
		return s.roughly(unanswered)
	}
	message, code := status.Status().Message, status.Status().Code
	switch {
	case refusal != "" && (code == 403 || code == 422) && strings.Contains(message, refusal):
		return refused
	case code == 404 && strings.HasSuffix(message, "not found"):
		return missing
	case code >= 500, code == 429, code == 401, strings.Contains(message, "system:anonymous"):
		return s.roughly(unanswered) // One that has just started takes everyone for anonymous.
	case apierrors.IsAlreadyExists(err):
		return s.roughly(unanswered) // The client has repeated a request that had gone unanswered.
	}
	return wrong
}

func (s *storm) roughly(r result) result {
	if s.rough {
		return r
	}
	return wrong
}

// awaitServed waits until some server answers.
func (s *storm) awaitServed(ctx context.Context, dice *rand.Rand) {
	_ = wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		_, err := s.servers[dice.IntN(len(s.servers))].Tenants().List(ctx, metav1.ListOptions{Limit: 1})
		return err == nil, nil
	})
}
