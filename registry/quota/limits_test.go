// SPDX-License-Identifier: Apache-2.0

package quota_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

func TestAProjectAboveItsTenantIsRefusedWithTheFieldAndBothFigures(t *testing.T) {
	etcd := startEtcd(t)
	s := newServer(t, etcd, denies)
	acme := newTenant("acme", counts{"A100": 64, "Default": 8})
	acme.Spec.GPUResources.Requests = counts{"A100": 4}
	require.NoError(t, s.createTenant(t.Context(), acme))
	require.NoError(t, s.createProject(t.Context(), newProject("ml", "acme", counts{"A100": 64, "L4": 8})))
	before := revision(t, etcd)

	for name, tc := range map[string]struct {
		limits, requests counts
		want             []string
	}{
		"an entry of the Tenant": {counts{"A100": 65}, nil,
			[]string{`spec.gpuResources.limits[A100]: Invalid value: 65: must be at most 64, which is what Tenant "acme" has`}},
		"the Tenant's Default": {counts{"L4": 9}, nil,
			[]string{`spec.gpuResources.limits[L4]: Invalid value: 9: must be at most 8, which is what Tenant "acme" has`}},
		"requests as well as limits": {counts{"Default": 9}, counts{"A100": 5, "L4": 1000}, []string{
			`spec.gpuResources.limits[Default]: Invalid value: 9: must be at most 8`,
			`spec.gpuResources.requests[A100]: Invalid value: 5: must be at most 4`}},
	} {
		t.Run(name, func(t *testing.T) {
			created := newProject("other", "acme", tc.limits)
			created.Spec.GPUResources.Requests = tc.requests
			updated := s.updateProject(t.Context(), "ml", func(p *spectrocloud.Project) {
				p.Spec.GPUResources = spectrocloud.GPUResources{Limits: tc.limits, Requests: tc.requests}
			})
			for _, err := range []error{s.createProject(t.Context(), created), updated} {
				assert.True(t, apierrors.IsInvalid(err), err)
				for _, message := range tc.want {
					assert.ErrorContains(t, err, message)
				}
				status := err.(apierrors.APIStatus).Status()
				assert.Len(t, status.Details.Causes, len(tc.want))
			}
		})
	}
	assert.Equal(t, before, revision(t, etcd), "a refused write left something")
}

func TestATenantIsNotLoweredBelowItsProjectsWhichAreListed(t *testing.T) {
	s := newServer(t, startEtcd(t), denies)
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme", counts{"A100": 64})))
	require.NoError(t, s.createTenant(t.Context(), newTenant("acme-2", counts{"A100": 64})))
	require.NoError(t, s.createProject(t.Context(), newProject("neighbor", "acme-2", counts{"A100": 60})))
	for i := range 12 {
		require.NoError(t, s.createProject(t.Context(), newProject(fmt.Sprintf("p%02d", i), "acme", counts{"A100": int32(20 + i)})))
	}
	lower := func(limits counts) error {
		return s.updateTenant(t.Context(), "acme", func(tenant *spectrocloud.Tenant) { tenant.Spec.GPUResources.Limits = limits })
	}

	err := lower(counts{"A100": 30})
	assert.True(t, apierrors.IsInvalid(err), err)
	assert.ErrorContains(t, err, "spec.gpuResources.limits[A100]: Invalid value: 30: is below what Projects of this Tenant have: p11 (31); lower theirs first")
	assert.NotContains(t, err.Error(), "neighbor", "another Tenant's Project")

	err = lower(counts{"A100": 19})
	assert.ErrorContains(t, err, "p00 (20), p01 (21)")
	assert.ErrorContains(t, err, "p09 (29) and 2 more; lower theirs first")
	assert.NotContains(t, err.Error(), "p10")

	assert.NoError(t, lower(counts{"A100": 31}), "no Project is above")
	assert.NoError(t, lower(nil), "an entry that is dropped restricts nothing")
	assert.ErrorContains(t, lower(counts{"Default": 5}), "spec.gpuResources.limits[A100]: Invalid value: 5")
}

// Two servers race to lower a Tenant and to create and raise Projects. That no revision has a Project above the Tenant is
// checked with etcd's whole history, at the end of the test.
func TestNoProjectIsEverAboveItsTenantWhileLimitsAreLowered(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	require.NoError(t, servers[0].createTenant(t.Context(), newTenant("acme", counts{"Default": 100})))

	errs := race(func(writer int) error {
		s, name := servers[writer%2], fmt.Sprintf("p%02d", writer)
		if writer%8 == 0 {
			for limit := int32(90); limit >= 0; limit -= 10 {
				if err := s.updateTenant(t.Context(), "acme", func(tenant *spectrocloud.Tenant) {
					tenant.Spec.GPUResources.Limits = counts{"Default": limit}
				}); err != nil && !apierrors.IsInvalid(err) {
					return err
				}
			}
			return nil
		}
		created := s.createProject(t.Context(), newProject(name, "acme", counts{"Default": int32(writer / 4)}))
		if apierrors.IsInvalid(created) {
			return nil
		} else if created != nil {
			return created
		}
		for limit := int32(writer); limit < 100; limit += 25 {
			if err := s.updateProject(t.Context(), name, func(p *spectrocloud.Project) {
				p.Spec.GPUResources.Limits = counts{"Default": limit}
			}); err != nil && !apierrors.IsInvalid(err) {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		assert.NoError(t, err)
	}
	created := 0
	for key := range keys(t, etcd) {
		if strings.HasPrefix(key, prefix+"/projects/") {
			created++
		}
	}
	assert.NotZero(t, created, "the race was won by none of the Projects: it shows nothing")
}

// Both were right alone. That they were never both done is checked with etcd's whole history, at the end of the test.
func TestLoweringATenantAndRaisingItsProjectAreNeverBothDone(t *testing.T) {
	etcd := startEtcd(t)
	servers := []*server{newServer(t, etcd, denies), newServer(t, etcd, denies)}
	outcomes := map[string]int{}
	for round := range 6 {
		limit := func(pair int, tenant, project int32) []func(s *server) error {
			tenantName, projectName := fmt.Sprintf("t%02d", pair), fmt.Sprintf("p%02d", pair)
			return []func(s *server) error{
				func(s *server) error {
					return s.updateTenant(t.Context(), tenantName, func(t *spectrocloud.Tenant) { t.Spec.GPUResources.Limits["A100"] = tenant })
				},
				func(s *server) error {
					return s.updateProject(t.Context(), projectName, func(p *spectrocloud.Project) { p.Spec.GPUResources.Limits["A100"] = project })
				},
			}
		}
		for pair := range writers / 2 {
			if round == 0 {
				require.NoError(t, servers[0].createTenant(t.Context(), newTenant(fmt.Sprintf("t%02d", pair), counts{"A100": 100})))
				require.NoError(t, servers[0].createProject(t.Context(), newProject(fmt.Sprintf("p%02d", pair), fmt.Sprintf("t%02d", pair), counts{"A100": 0})))
				continue
			}
			reset := limit(pair, 100, 0)
			require.NoError(t, reset[1](servers[0]))
			require.NoError(t, reset[0](servers[0]))
		}
		errs := race(func(writer int) error { return limit(writer/2, 10, 50)[writer%2](servers[writer%2]) })
		for pair := range writers / 2 {
			lowered, raised := errs[2*pair], errs[2*pair+1]
			for _, err := range []error{lowered, raised} {
				assert.True(t, err == nil || apierrors.IsInvalid(err), err)
			}
			assert.NotEqual(t, lowered == nil, raised == nil, "lowered: %v; raised: %v", lowered, raised)
			outcomes[fmt.Sprintf("lowered: %t, raised: %t", lowered == nil, raised == nil)]++
		}
	}
	t.Log(outcomes)
}
