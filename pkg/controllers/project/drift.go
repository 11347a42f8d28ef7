// SPDX-License-Identifier: Apache-2.0

package project

import (
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// inherited is what a Project's access takes from its Tenant.
type inherited struct {
	tenant     types.UID
	generation int64
	rules      [3]*rbacv1.PolicyRule // The first of each tier's: texts that are the same are parsed once.
}

// inheritedBefore tells whether the last sync took the same from the Tenant, so that what is written is news of this Project:
// it was edited, or somebody has changed what was generated. That a Tenant has other groups or rules is no news of each of
// its Projects.
func (c *Controller) inheritedBefore(project *v1alpha1.Project, tenant *v1alpha1.Tenant, rules access.Rules) bool {
	now := inherited{tenant: tenant.UID, generation: tenant.Generation}
	for i, tier := range access.Tiers {
		now.rules[i] = &rules[tier][0]
	}
	before, known := c.inherited.Swap(project.Name, now)
	return !known || before == now
}
