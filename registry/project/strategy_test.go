// SPDX-License-Identifier: Apache-2.0

package project

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/registry/strategy"
)

var (
	ctx   = context.Background()
	rules = projectStrategy{strategy.New(runtime.NewScheme(), "v1alpha1"), validation.Namespaces{System: "palette-system"}}
)

func stored() *spectrocloud.Project {
	return &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Namespace: "acme", Generation: 4, Labels: map[string]string{"a": "b"}, Finalizers: []string{spectrocloud.Finalizer}},
		Spec:       spectrocloud.ProjectSpec{DisplayName: "Acme"},
		Status:     spectrocloud.ProjectStatus{GPUUsage: spectrocloud.GPUCounts{"a": 2}},
	}
}

func TestANewProjectStartsWithoutStatusAndWithTheFinalizer(t *testing.T) {
	project := stored()
	project.Finalizers = nil
	rules.PrepareForCreate(ctx, project)
	assert.Zero(t, project.Status)
	assert.Equal(t, int64(1), project.Generation)
	assert.Equal(t, []string{spectrocloud.Finalizer}, project.Finalizers)
}

func TestAnUpdateKeepsTheStatusAndCountsChangesOfTheSpec(t *testing.T) {
	renamed := stored()
	renamed.Spec.DisplayName, renamed.Status.GPUUsage, renamed.Finalizers = "Acme, Inc.", nil, nil
	rules.PrepareForUpdate(ctx, renamed, stored())
	assert.Equal(t, stored().Status, renamed.Status)
	assert.Equal(t, int64(5), renamed.Generation)
	assert.Equal(t, []string{spectrocloud.Finalizer}, renamed.Finalizers)

	labelled := stored()
	labelled.Labels["c"] = "d"
	rules.PrepareForUpdate(ctx, labelled, stored())
	assert.Equal(t, int64(4), labelled.Generation)
}

func TestAStatusUpdateKeepsEverythingElse(t *testing.T) {
	updated := stored()
	updated.Spec.DisplayName, updated.Status.GPUUsage = "changed", spectrocloud.GPUCounts{"a": 3}
	updated.Labels, updated.Finalizers = map[string]string{"changed": "yes"}, nil
	statusStrategy{rules}.PrepareForUpdate(ctx, updated, stored())
	want := stored()
	want.Status.GPUUsage = spectrocloud.GPUCounts{"a": 3}
	assert.Equal(t, want, updated)
}
