// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"testing"

	"github.com/stretchr/testify/assert"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

func TestAProjectsTenantIsLookedAtWhenTheProjectComesGoesOrIsAnother(t *testing.T) {
	project := func(generation int64) metav1.Object {
		return &v1alpha1.Project{
			ObjectMeta: metav1.ObjectMeta{Namespace: "p", Name: "p", UID: "1", Generation: generation},
			Spec:       v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: "t"}},
		}
	}
	both := []string{"project/p", "tenant/t"}
	assert.Equal(t, both, keysOfProject(nil, project(1)))
	assert.Equal(t, both, keysOfProject(project(1), nil))
	assert.Equal(t, both, keysOfProject(project(1), project(2)))
	assert.Equal(t, []string{"project/p"}, keysOfProject(project(2), project(2)), "a resync is for itself alone")
	another := project(1)
	another.SetUID("2")
	assert.Equal(t, both, keysOfProject(project(1), another), "deleted and created again while nobody watched")
}

func TestAProjectIsLookedAtWhenItsUsageIsWrittenAndNotForOtherStatus(t *testing.T) {
	project := func(version string, used int32, groups ...string) metav1.Object {
		return &v1alpha1.Project{
			ObjectMeta: metav1.ObjectMeta{Namespace: "p", Name: "p", UID: "1", Generation: 1, ResourceVersion: version},
			Status: v1alpha1.ProjectStatus{
				GPUUsage: v1alpha1.GPUCounts{"H100": used}, TenantGroups: groups,
				Conditions: []metav1.Condition{{Type: v1alpha1.ConditionOversubscribed, Status: metav1.ConditionFalse}},
			},
		}
	}
	assert.Empty(t, keysOfProject(project("1", 4), project("2", 4, "others")), "other groups")
	assert.Equal(t, []string{"project/p"}, keysOfProject(project("1", 4), project("2", 5)), "other figures")
	without := project("2", 4).(*v1alpha1.Project)
	without.Status.Conditions = nil
	assert.Equal(t, []string{"project/p"}, keysOfProject(project("1", 4), without), "its condition is gone")
	assert.Equal(t, []string{"project/p"}, keysOfProject(without, project("3", 4)), "it has never been looked at")
}

func TestAllProjectsOfATenantAreLookedAtWhenItsLimitsChange(t *testing.T) {
	tenant := func(uid types.UID, limit int32, groups ...string) metav1.Object {
		return &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "t", UID: uid}, Spec: v1alpha1.TenantSpec{
			TenantRoleMapping: v1alpha1.TenantRoleMapping{Groups: groups},
			GPUResources:      v1alpha1.GPUResources{Limits: v1alpha1.GPUCounts{"H100": limit}},
		}}
	}
	assert.True(t, relimited(nil, tenant("1", 1)))
	assert.True(t, relimited(tenant("1", 1), nil))
	assert.True(t, relimited(tenant("1", 1), tenant("2", 1)), "deleted and created again while nobody watched")
	assert.True(t, relimited(tenant("1", 1), tenant("1", 2)))
	assert.False(t, relimited(tenant("1", 1), tenant("1", 1, "others")))
}
