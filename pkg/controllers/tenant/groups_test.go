// SPDX-License-Identifier: Apache-2.0

package tenant

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/client-go/tools/events"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func project(viewers, editors, admins []string) *v1alpha1.Project {
	return &v1alpha1.Project{Spec: v1alpha1.ProjectSpec{RoleMapping: v1alpha1.RoleMapping{Viewer: viewers, Editor: editors, Admin: admins}}}
}

func TestATenantIsShownToAllGroupsThatItsProjectsNameEachOnce(t *testing.T) {
	groups, all := groupsOf([]*v1alpha1.Project{
		project([]string{"v", "shared"}, []string{"e"}, []string{"a", "shared"}), project([]string{"b"}, nil, []string{"v"}), project(nil, nil, nil)})
	assert.Equal(t, []string{"a", "b", "e", "shared", "v"}, groups)
	assert.Equal(t, 5, all)
	groups, _ = groupsOf(nil)
	assert.Empty(t, groups)
}

func TestTooManyGroupsAreCutAndSaidOnce(t *testing.T) {
	var projects []*v1alpha1.Project
	for i := range mostGroups + 10 {
		projects = append(projects, project([]string{fmt.Sprintf("g%05d", i)}, nil, nil))
	}
	groups, all := groupsOf(projects)
	assert.Len(t, groups, mostGroups)
	assert.Equal(t, mostGroups+10, all)
	assert.Equal(t, "g04999", groups[mostGroups-1])

	recorder := events.NewFakeRecorder(2)
	c := &Controller{Config: Config{Recorder: recorder}}
	c.announceGroups(&v1alpha1.Tenant{}, groups, all)
	assert.Contains(t, <-recorder.Events, "Warning TooManyGroups The Tenant's Projects name 5010 groups")
	c.announceGroups(&v1alpha1.Tenant{Status: v1alpha1.TenantStatus{ProjectGroups: groups}}, groups, all)
	c.announceGroups(&v1alpha1.Tenant{}, groups[:3], 3)
	assert.Empty(t, recorder.Events)
}
