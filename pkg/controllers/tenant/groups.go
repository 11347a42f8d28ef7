// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/sets"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// mostGroups bounds status.projectGroups: an object in etcd has to stay below 1.5 MB, and a name may have 253 bytes.
const mostGroups = 5000

// tooManyGroups is the reason of an event on a Tenant whose Projects name more groups than its status holds.
const tooManyGroups = "TooManyGroups"

// projectsNamed are those of the Projects that the cache has. One that has gone since brings the Tenant back by its event.
func (c *Controller) projectsNamed(names []string) ([]*v1alpha1.Project, error) {
	var projects []*v1alpha1.Project
	for _, name := range names {
		project, err := c.Watched.Projects.Lister().Projects(name).Get(name)
		if err == nil {
			projects = append(projects, project)
		} else if !apierrors.IsNotFound(err) {
			return nil, err
		}
	}
	return projects, nil
}

// groupsOf are the groups that the role mappings of the Projects name, sorted, the first of them if there are too many, and
// how many there are.
func groupsOf(projects []*v1alpha1.Project) (groups []string, all int) {
	named := sets.New[string]()
	for _, project := range projects {
		roles := project.Spec.RoleMapping
		named.Insert(roles.Viewer...).Insert(roles.Editor...).Insert(roles.Admin...)
	}
	groups = sets.List(named)
	return groups[:min(len(groups), mostGroups)], len(groups)
}

// announceGroups sends an event when the status leaves out some of the groups, and others than before.
func (c *Controller) announceGroups(tenant *v1alpha1.Tenant, groups []string, all int) {
	if all <= mostGroups || slices.Equal(tenant.Status.ProjectGroups, groups) {
		return
	}
	c.Recorder.Eventf(tenant, nil, corev1.EventTypeWarning, tooManyGroups, "Sync",
		"The Tenant's Projects name %d groups: only members of the first %d, in alphabetical order, see the Tenant", all, mostGroups)
}
