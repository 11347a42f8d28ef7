// SPDX-License-Identifier: Apache-2.0

package project

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

func TestTheUsageIsOfTheProjectUnderItsTenant(t *testing.T) {
	families := []spectrocloud.FamilyUsage{{Family: "A100", Used: 4}}
	usage := func(_ context.Context, tenant, project string) (*spectrocloud.GPUUsage, error) {
		assert.Equal(t, []string{"acme", "web"}, []string{tenant, project})
		return &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9"}, Families: families}, nil
	}
	got, err := NewGPUUsageREST(getter(func(string) (runtime.Object, error) {
		return &spectrocloud.Project{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web", UID: "u", Labels: map[string]string{"a": "b"}},
			Spec: spectrocloud.ProjectSpec{TenantRef: spectrocloud.TenantReference{Name: "acme"}}}, nil
	}), usage).Get(ctx, "web", &metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, &spectrocloud.GPUUsage{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web", UID: "u", ResourceVersion: "9"}, Families: families}, got)

	_, err = NewGPUUsageREST(getter(func(name string) (runtime.Object, error) {
		return nil, apierrors.NewNotFound(spectrocloud.Resource("projects"), name)
	}), func(context.Context, string, string) (*spectrocloud.GPUUsage, error) {
		t.Error("the ledger is asked for what is not there")
		return nil, nil
	}).Get(ctx, "gone", &metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
}
