// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// seed is TENANCY_SEED, or drawn from the clock. It is printed when the test fails.
func seed(t *testing.T) uint64 {
	t.Helper()
	drawn := uint64(time.Now().UnixNano())
	if given := os.Getenv("TENANCY_SEED"); given != "" {
		var err error
		drawn, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, "TENANCY_SEED")
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to repeat: TENANCY_SEED=%d", drawn)
		}
	})
	return drawn
}

// soak multiplies the length of random tests.
func soak() int {
	if os.Getenv("TENANCY_SOAK") != "" {
		return 50
	}
	return 1
}

func TestRandomSequencesEndAsTheModelSaysOnWhicheverServer(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	r := rand.New(rand.NewPCG(seed(t), 0))
	reasons := map[metav1.StatusReason]int{}
	for sequence := range 25 * soak() {
		m, prefix := model{map[string]*owner{}, map[string]*owner{}}, fmt.Sprintf("s%d-", sequence)
		operations := []operation{createTenant(prefix+"a", counts{"A100": 3}), createTenant(prefix+"b", nil)}
		for range 40 {
			operations = append(operations, random(r, prefix))
		}
		var log []string
		for _, op := range operations {
			log = append(log, op.name)
			want := op.expect(m)
			reasons[want]++
			before := revision(t, etcd)
			for _, s := range []*server{servers[r.IntN(2)].dry(), servers[r.IntN(2)]} {
				require.Equal(t, before, revision(t, etcd), "a dry run left something, after %q", log)
				err := op.do(t.Context(), s)
				require.Equal(t, want, apierrors.ReasonForError(err), "dry run: %v; %v\nafter %q", s.dryRun, err, log)
				require.Equal(t, want == "", err == nil, "dry run: %v; %v\nafter %q", s.dryRun, err, log)
			}
			if want == "" {
				op.apply(m)
			} else {
				require.Equal(t, before, revision(t, etcd), "a refused write left something, after %q", log)
			}
		}
		for name, tenant := range m.tenants {
			got, err := servers[0].getTenant(t.Context(), name)
			require.NoError(t, err, "%q", log)
			assert.Equal(t, tenant.terminating, got.DeletionTimestamp != nil, "%q", log)
			assert.Equal(t, len(tenant.limits), len(got.Spec.GPUResources.Limits), "%q", log)
		}
		for name, project := range m.projects {
			got, err := servers[1].getProject(t.Context(), name)
			require.NoError(t, err, "%q", log)
			assert.Equal(t, project.terminating, got.DeletionTimestamp != nil, "%q", log)
			assert.Equal(t, project.tenant, got.Spec.TenantRef.Name)
		}
	}
	t.Log(reasons)
	for _, reason := range []metav1.StatusReason{"", metav1.StatusReasonInvalid, metav1.StatusReasonForbidden, metav1.StatusReasonConflict,
		metav1.StatusReasonAlreadyExists, metav1.StatusReasonNotFound} {
		assert.NotZero(t, reasons[reason], "no sequence had one that is refused as %q", reason)
	}
}

// What came of it is checked with etcd's whole history, at the end of the test.
func TestConcurrentRandomSequencesKeepEveryRule(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	drawn := seed(t)
	var done sync.WaitGroup
	for writer := range 16 {
		done.Go(func() {
			r := rand.New(rand.NewPCG(drawn, uint64(writer)))
			for range 100 * soak() {
				op := random(r, "")
				switch reason := apierrors.ReasonForError(op.do(t.Context(), servers[writer%2])); reason {
				case metav1.StatusReasonUnknown, metav1.StatusReasonInvalid, metav1.StatusReasonForbidden, metav1.StatusReasonConflict,
					metav1.StatusReasonAlreadyExists, metav1.StatusReasonNotFound:
				default:
					assert.Fail(t, "a verdict was expected", "%s: %s", op.name, reason)
				}
			}
		})
	}
	done.Wait()
}
