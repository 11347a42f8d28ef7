// SPDX-License-Identifier: Apache-2.0

package project

import (
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

// meant is what a Project's access follows from.
type meant struct {
	project, tenant               types.UID
	projectVersion, tenantVersion int64
	rules                         [3]*rbacv1.PolicyRule // The first of each tier's: texts that are the same are parsed once.
}

// meantBefore tells whether the last sync wanted the same access, so that what is not as it should be has been changed by
// somebody else. That a Tenant has other groups or rules is no news of each of its Projects.
func (c *Controller) meantBefore(project *v1alpha1.Project, tenant *v1alpha1.Tenant, rules access.Rules) bool {
	now := meant{project: project.UID, tenant: tenant.UID, projectVersion: project.Generation, tenantVersion: tenant.Generation}
	for i, tier := range access.Tiers {
		now.rules[i] = &rules[tier][0]
	}
	before, known := c.granted.Swap(project.Name, now)
	return !known || before == now
}
