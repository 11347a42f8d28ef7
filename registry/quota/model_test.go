// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"context"
	"fmt"
	"math/rand/v2"

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
