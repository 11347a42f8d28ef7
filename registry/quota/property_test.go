// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
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

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// model is what a cluster with one server, one user and no concurrency would hold, by name.
type model struct{ tenants, projects map[string]*owner }

type owner struct {
	tenant      string
	limits      counts
	terminating bool
}

// operation is one request, and the reason that the model gives for refusing it: empty if it does not. apply changes the
// model as the request changes the server.
type operation struct {
	name   string
	expect func(m model) metav1.StatusReason
	apply  func(m model)
	do     func(ctx context.Context, s *server) error
}

// lookup is the rule of design: an entry, else Default, else none.
func lookup(limits counts, family string) (int32, bool) {
	if n, ok := limits[family]; ok {
		return n, true
	}
	n, ok := limits["Default"]
	return n, ok
}

func above(project, tenant counts) bool {
	for family, n := range project {
		if most, ok := lookup(tenant, family); ok && n > most {
			return true
		}
	}
	return false
}

func (m model) projectsOf(tenant string) []*owner {
	var found []*owner
	for _, project := range m.projects {
		if project.tenant == tenant {
			found = append(found, project)
		}
	}
	return found
}

func exists(m map[string]*owner, name string) metav1.StatusReason {
	if m[name] == nil {
		return metav1.StatusReasonNotFound
	}
	return ""
}

// random draws an operation on names that begin with prefix: few, so that operations meet.
func random(r *rand.Rand, prefix string) operation {
	name := func() string { return prefix + string(rune('a'+r.IntN(4))) }
	limits := func() counts {
		drawn := counts{}
		for _, family := range []string{"A100", "L4", "Default"} {
			if r.IntN(2) == 0 {
				drawn[family] = int32(r.IntN(4))
			}
		}
		return drawn
	}
	n, quota := name(), limits()
	kinds := []func() operation{
		func() operation { return createTenant(n, quota) },
		func() operation { return createProject(n, name(), quota) },
		func() operation { return createProject(n, name(), quota) },
		func() operation { return changeTenant(n, quota) },
		func() operation { return changeProject(n, quota) },
		func() operation { return deleteTenant(n) },
		func() operation { return deleteProject(n) },
		func() operation { return finalize(n) },
		func() operation { return report(n, int32(r.IntN(3))) },
	}
	return kinds[r.IntN(len(kinds))]()
}

func createTenant(n string, limits counts) operation {
	return operation{fmt.Sprintf("create Tenant %s %v", n, limits),
		func(m model) metav1.StatusReason {
			switch {
			case m.projects[n] != nil:
				return metav1.StatusReasonInvalid
			case m.tenants[n] != nil:
				return metav1.StatusReasonAlreadyExists
			}
			return ""
		},
		func(m model) { m.tenants[n] = &owner{limits: limits} },
		func(ctx context.Context, s *server) error { return s.createTenant(ctx, newTenant(n, limits)) },
	}
}

func createProject(n, tenant string, limits counts) operation {
	return operation{fmt.Sprintf("create Project %s of %s %v", n, tenant, limits),
		func(m model) metav1.StatusReason {
			of := m.tenants[tenant]
			switch {
			case of == nil, of.terminating:
				return metav1.StatusReasonForbidden
			case above(limits, of.limits), m.tenants[n] != nil:
				return metav1.StatusReasonInvalid
			case m.projects[n] != nil:
				return metav1.StatusReasonAlreadyExists
			}
			return ""
		},
		func(m model) { m.projects[n] = &owner{tenant: tenant, limits: limits} },
		func(ctx context.Context, s *server) error { return s.createProject(ctx, newProject(n, tenant, limits)) },
	}
}

func changeTenant(n string, limits counts) operation {
	return operation{fmt.Sprintf("change Tenant %s to %v", n, limits),
		func(m model) metav1.StatusReason {
			for _, project := range m.projectsOf(n) {
				if above(project.limits, limits) {
					return metav1.StatusReasonInvalid
				}
			}
			return exists(m.tenants, n)
		},
		func(m model) { m.tenants[n].limits = limits },
		func(ctx context.Context, s *server) error {
			return s.updateTenant(ctx, n, func(t *spectrocloud.Tenant) { t.Spec.GPUResources.Limits = limits })
		},
	}
}

func changeProject(n string, limits counts) operation {
	return operation{fmt.Sprintf("change Project %s to %v", n, limits),
		func(m model) metav1.StatusReason {
			if p := m.projects[n]; p != nil && above(limits, m.tenants[p.tenant].limits) {
				return metav1.StatusReasonInvalid
			}
			return exists(m.projects, n)
		},
		func(m model) { m.projects[n].limits = limits },
		func(ctx context.Context, s *server) error {
			return s.updateProject(ctx, n, func(p *spectrocloud.Project) { p.Spec.GPUResources.Limits = limits })
		},
	}
}

func deleteTenant(n string) operation {
	return operation{"delete Tenant " + n,
		func(m model) metav1.StatusReason {
			if len(m.projectsOf(n)) > 0 {
				return metav1.StatusReasonConflict
			}
			return exists(m.tenants, n)
		},
		func(m model) { m.tenants[n].terminating = true },
		func(ctx context.Context, s *server) error { return s.deleteTenant(ctx, n) },
	}
}

func deleteProject(n string) operation {
	return operation{"delete Project " + n,
		func(m model) metav1.StatusReason { return exists(m.projects, n) },
		func(m model) { m.projects[n].terminating = true },
		func(ctx context.Context, s *server) error { return s.deleteProject(ctx, n) },
	}
}

// finalize removes the finalizer of the Tenant or Project, which ends it if it is being deleted and does nothing if not.
func finalize(n string) operation {
	return operation{"finalize " + n,
		func(m model) metav1.StatusReason {
			if m.tenants[n] == nil {
				return exists(m.projects, n)
			}
			return ""
		},
		func(m model) {
			for _, kind := range []map[string]*owner{m.tenants, m.projects} {
				if kind[n] != nil && kind[n].terminating {
					delete(kind, n)
				}
			}
		},
		func(ctx context.Context, s *server) error {
			if err := s.finalizeTenant(ctx, n); !apierrors.IsNotFound(err) {
				return err
			}
			return s.finalizeProject(ctx, n)
		},
	}
}

// report is a controller's status update.
func report(n string, projects int32) operation {
	return operation{fmt.Sprintf("report %d Projects of %s", projects, n),
		func(m model) metav1.StatusReason { return exists(m.tenants, n) },
		func(model) {},
		func(ctx context.Context, s *server) error { return s.reportTenant(ctx, n, projects) },
	}
}

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
