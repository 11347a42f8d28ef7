// SPDX-License-Identifier: Apache-2.0

package quotatest

import (
	"fmt"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// share is the GPUs of one family that a Tenant or a Project uses.
type share struct{ owner, family string }

// account takes what the consumers of c gained and lost at revision into the sums, and returns where that took more than may be used.
func (s *state) account(revision int64, c *change) []error {
	var errs []error
	gained := map[share]int64{}
	for id, before := range c.consumers {
		after := s.consumers[id]
		s.count(before, after)
		for _, owner := range []string{id.namespace, s.tenantOf(id.namespace)} {
			for family, n := range after.holds {
				gained[share{owner, family}] += int64(n)
			}
			for family, n := range before.holds {
				gained[share{owner, family}] -= int64(n)
			}
		}
		if !c.base {
			errs = append(errs, s.checkAsked(id, before, after)...)
		}
	}
	for share, n := range gained {
		used := add(s.used, share, n)
		if most := s.summary.MaxUsed[share.owner][share.family]; used > most {
			add(s.summary.MaxUsed, share, used-most)
		}
		if project := s.projects[share.owner]; n > 0 && !c.base && project != nil && project.DeletionTimestamp != nil {
			errs = append(errs, fmt.Errorf("%s uses %d %s more than before, though it is being deleted", share.owner, n, share.family))
		}
		if limit, limited := s.limit(share); n > 0 && !c.base && limited && used > limit {
			errs = append(errs, fmt.Errorf("%s uses %d %s, %d more than before, but may use %d", share.owner, used, share.family, n, limit))
		}
	}
	if s.waiting != nil && !c.base {
		errs = append(errs, s.order(revision, c, gained)...)
	}
	return errs
}

func (s *state) count(before, after consumer) {
	held, holds := len(before.holds) > 0, len(after.holds) > 0
	if holds && !held {
		s.summary.Admissions++
	}
	if held && !holds {
		s.summary.Releases++
	}
	if after.waits() && !before.waits() {
		s.summary.Waits++
	}
}

// tenantOf is the Tenant of the Project of namespace, empty where there is none.
func (s *state) tenantOf(namespace string) string {
	if project := s.projects[namespace]; project != nil {
		return project.Spec.TenantRef.Name
	}
	return ""
}

// limit is the most that may be used of share, false where nothing restricts it. A namespace is that of one Tenant or one
// Project, which another rule is about.
func (s *state) limit(share share) (int64, bool) {
	if project := s.projects[share.owner]; project != nil {
		if n, limited := lookup(project.Spec.GPUResources.Limits, share.family); limited {
			return n, true
		}
	}
	for _, name := range []string{share.owner, s.tenantOf(share.owner)} {
		if tenant := s.tenants[name]; tenant != nil {
			return lookup(tenant.Spec.GPUResources.Limits, share.family)
		}
	}
	return 0, false
}

// lookup is an entry of counts, else the Default one, else none.
func lookup(counts spectrocloud.GPUCounts, family string) (int64, bool) {
	n, listed := counts[family]
	if !listed {
		n, listed = counts["Default"]
	}
	return int64(n), listed
}

// checkAsked returns what the consumer began to ask for, of which one request may not ask for so much.
func (s *state) checkAsked(id consumerID, before, after consumer) []error {
	var errs []error
	for family, n := range after.wants {
		if n <= before.wants[family] {
			continue
		}
		var maxima []spectrocloud.GPUCounts
		if project := s.projects[id.namespace]; project != nil {
			maxima = append(maxima, project.Spec.GPUResources.Requests)
		}
		if tenant := s.tenants[s.tenantOf(id.namespace)]; tenant != nil {
			maxima = append(maxima, tenant.Spec.GPUResources.Requests)
		}
		for _, maximum := range maxima {
			if most, limited := lookup(maximum, family); limited && int64(n) > most {
				errs = append(errs, fmt.Errorf("%s asks for %d %s, but one request may ask for %d", id, n, family, most))
			}
		}
	}
	return errs
}

// add adds n to share in sums and returns the sum.
func add(sums map[string]map[string]int64, share share, n int64) int64 {
	if sums[share.owner] == nil {
		sums[share.owner] = map[string]int64{}
	}
	sums[share.owner][share.family] += n
	return sums[share.owner][share.family]
}
