// SPDX-License-Identifier: Apache-2.0

package gpuusage

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

type getter func(name string) (runtime.Object, error)

func (g getter) Get(_ context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	return g(name)
}

func TestTheUsageIsOfTheTenantThatIsThere(t *testing.T) {
	families := []spectrocloud.FamilyUsage{{Family: "A100", Used: 4}}
	tenants := getter(func(name string) (runtime.Object, error) {
		return &spectrocloud.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "u", Labels: map[string]string{"a": "b"}}}, nil
	})
	got, err := OfTenants(tenants, func(_ context.Context, tenant string) (*spectrocloud.GPUUsage, error) {
		assert.Equal(t, "acme", tenant)
		return &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9"}, Families: families}, nil
	}).Get(t.Context(), "acme", &metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{Name: "acme", UID: "u", ResourceVersion: "9"}, Families: families}, got)
}

func TestTheUsageIsOfTheProjectUnderItsTenant(t *testing.T) {
	families := []spectrocloud.FamilyUsage{{Family: "A100", Used: 4}}
	projects := getter(func(name string) (runtime.Object, error) {
		return &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: name, UID: "u", Labels: map[string]string{"a": "b"}},
			Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "acme"}}}, nil
	})
	got, err := OfProjects(projects, func(_ context.Context, tenant, project string) (*spectrocloud.GPUUsage, error) {
		assert.Equal(t, []string{"acme", "web"}, []string{tenant, project})
		return &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9"}, Families: families}, nil
	}).Get(t.Context(), "web", &metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web", UID: "u", ResourceVersion: "9"}, Families: families}, got)
}

func TestTheLedgerIsNotAskedForWhatIsNotThere(t *testing.T) {
	gone := getter(func(name string) (runtime.Object, error) {
		return nil, apierrors.NewNotFound(spectrocloud.Resource("tenants"), name)
	})
	_, err := OfTenants(gone, func(context.Context, string) (*spectrocloud.GPUUsage, error) {
		t.Error("it was asked")
		return nil, nil
	}).Get(t.Context(), "gone", &metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
}
