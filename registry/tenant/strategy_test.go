// SPDX-License-Identifier: Apache-2.0

package tenant

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
	rules = tenantStrategy{strategy.New(runtime.NewScheme(), "v1alpha1"), validation.Namespaces{System: "palette-system"}}
)

func stored() *spectrocloud.Tenant {
	return &spectrocloud.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Generation: 4, Labels: map[string]string{"a": "b"}, Finalizers: []string{spectrocloud.Finalizer}},
		Spec:       spectrocloud.TenantSpec{DisplayName: "Acme"},
		Status:     spectrocloud.TenantStatus{Projects: 2},
	}
}

func TestANewTenantStartsWithoutStatusAndWithTheFinalizer(t *testing.T) {
	tenant := stored()
	tenant.Finalizers = nil
	rules.PrepareForCreate(ctx, tenant)
	assert.Zero(t, tenant.Status)
	assert.Equal(t, int64(1), tenant.Generation)
	assert.Equal(t, []string{spectrocloud.Finalizer}, tenant.Finalizers)
}

func TestAnUpdateKeepsTheStatusAndCountsChangesOfTheSpec(t *testing.T) {
	renamed := stored()
	renamed.Spec.DisplayName, renamed.Status.Projects, renamed.Finalizers = "Acme, Inc.", 99, nil
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
	updated.Spec.DisplayName, updated.Status.Projects = "changed", 3
	updated.Labels, updated.Finalizers = map[string]string{"changed": "yes"}, nil
	statusStrategy{rules}.PrepareForUpdate(ctx, updated, stored())
	want := stored()
	want.Status.Projects = 3
	assert.Equal(t, want, updated)
}
