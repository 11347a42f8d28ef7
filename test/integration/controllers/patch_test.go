// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// patch merges data into an object by a typed client's Patch.
func patch[T any](t *testing.T, by func(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (T, error), name, data string) error {
	_, err := by(t.Context(), name, types.MergePatchType, []byte(data), metav1.PatchOptions{})
	return err
}

func patchTenant(t *testing.T, name, data string) {
	t.Helper()
	require.NoError(t, patch(t, tenancy.SpectrocloudV1alpha1().Tenants().Patch, name, data))
}

func patchProject(t *testing.T, name, data string) {
	t.Helper()
	require.NoError(t, patch(t, tenancy.SpectrocloudV1alpha1().Projects(name).Patch, name, data))
}

func isNotFound(err error) bool      { return apierrors.IsNotFound(err) }
func isAlreadyExists(err error) bool { return apierrors.IsAlreadyExists(err) }
