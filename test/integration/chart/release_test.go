// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestAReleaseComesChangesAndGoes installs, upgrades and uninstalls while nobody answers for the API, which is what each
// of them has to work with: at the beginning, in an outage, and at the end.
func TestAReleaseComesChangesAndGoes(t *testing.T) {
	framework.Eventually(t, "nobody to serve the group", func(ctx context.Context) error { return served(ctx, nil) })
	place := framework.Name("release")
	in := func(args []string) []string { return append(args, "--namespace", place) }
	mustHelm(t, in(append(chartArgs("install"), "--create-namespace"))...)
	objects := manifestOf(t, place)
	for _, object := range objects {
		assert.NoError(t, exists(t.Context(), t, object))
	}

	t.Run("an upgrade leaves the caBundle to those who write it", func(t *testing.T) {
		const bundle = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="
		for _, version := range []string{"v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com"} {
			patch := fmt.Sprintf(`{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":%q},"spec":{"caBundle":%q}}`, version, bundle)
			_, err := cluster.Admin.Dynamic.Resource(apiServices).Patch(t.Context(), version, types.ApplyPatchType, []byte(patch),
				metav1.PatchOptions{FieldManager: "tenancy-controller-manager"})
			require.NoError(t, err)
		}
		mustHelm(t, in(chartArgs("upgrade", "apiserver.podLabels.changed=yes", "monitoring.dashboard.enabled=true"))...)
		for _, version := range []string{"v1alpha1.spectrocloud.com", "v1beta1.spectrocloud.com"} {
			object, err := cluster.Admin.Dynamic.Resource(apiServices).Get(t.Context(), version, metav1.GetOptions{})
			require.NoError(t, err)
			got, _ := nested[string](t, object.Object, "spec", "caBundle")
			assert.Equal(t, bundle, got, version)
		}
	})
	t.Run("a change of the mode that would leave data behind is refused", func(t *testing.T) {
		_, stderr, err := helm(t, in(chartArgs("upgrade", ha...))...)
		require.Error(t, err)
		assert.Contains(t, stderr, "Tenants and Projects stay behind")
	})
	t.Run("a second release is refused", func(t *testing.T) {
		_, stderr, err := helm(t, append(chartArgs("install"), "--namespace", framework.Name("second"), "--create-namespace")...)
		require.Error(t, err)
		assert.Contains(t, stderr, fmt.Sprintf("release %q in namespace %q", release, place))
	})
	t.Run("an uninstall leaves nothing of the release", func(t *testing.T) {
		objects = append(objects, manifestOf(t, place)...)
		mustHelm(t, "uninstall", release, "--namespace", place)
		for _, object := range objects {
			framework.Eventually(t, object.GetName()+" to be gone", func(ctx context.Context) error {
				if err := exists(ctx, t, object); !apierrors.IsNotFound(err) {
					return fmt.Errorf("%s %s is there: %w", object.GetKind(), object.GetName(), err)
				}
				return nil
			})
		}
	})
}

// manifestOf returns what Helm says that the release consists of.
func manifestOf(t *testing.T, place string) []*unstructured.Unstructured {
	t.Helper()
	return parse(t, mustHelm(t, "get", "manifest", release, "--namespace", place))
}

// exists returns an error if the object is not in the cluster.
func exists(ctx context.Context, t *testing.T, object *unstructured.Unstructured) error {
	t.Helper()
	client, known := resource(t, object)
	require.True(t, known, object.GetKind())
	_, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	return err
}
