// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"testing"

	"github.com/stretchr/testify/assert"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	assert.Equal(t, []string{"project/p"}, keysOfProject(project(2), project(2)), "its status is news for itself alone")
	another := project(1)
	another.SetUID("2")
	assert.Equal(t, both, keysOfProject(project(1), another), "deleted and created again while nobody watched")
}
