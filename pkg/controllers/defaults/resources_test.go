// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/install"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/apis/spectrocloud/v1beta1"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
	"spectrocloud.com/tenancy/generated/clientset/versioned/fake"
)

const systemNamespace = "palette-system"

// all are the defaults, in the order in which they are created.
func all(t *testing.T) []object {
	t.Helper()
	var objects []object
	for _, folder := range []string{system, workspace} {
		found, err := read(folder, systemNamespace)
		require.NoError(t, err)
		objects = append(objects, found...)
	}
	return objects
}

// validate asks the rules that the server asks of a new object.
func validate(t *testing.T, scheme *runtime.Scheme, wire object) field.ErrorList {
	t.Helper()
	scheme.Default(wire)
	hub, err := scheme.ConvertToVersion(wire, spectrocloud.SchemeGroupVersion)
	require.NoError(t, err)
	errs := scheme.Validate(t.Context(), nil, wire)
	namespaces := validation.Namespaces{System: systemNamespace}
	switch object := hub.(type) {
	case *spectrocloud.Tenant:
		return append(errs, validation.ValidateTenant(object, namespaces)...)
	case *spectrocloud.Project:
		return append(errs, validation.ValidateProject(object, namespaces)...)
	case *spectrocloud.ScalingPolicy:
		return append(errs, validation.ValidateScalingPolicy(object)...)
	case *spectrocloud.ComponentDefinition:
		return append(errs, validation.ValidateComponentDefinition(object)...)
	case *spectrocloud.TraitDefinition:
		return append(errs, validation.ValidateTraitDefinition(object)...)
	case *spectrocloud.PolicyDefinition:
		return append(errs, validation.ValidatePolicyDefinition(object)...)
	default:
		require.Fail(t, "a kind that this test doesn't know", "%T", hub)
		return nil
	}
}

func TestTheServerTakesEveryDefault(t *testing.T) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	kinds, keys := kindsOf(fake.NewClientset()), map[string]bool{}
	for _, object := range all(t) {
		item, err := newItem(kinds, object)
		require.NoError(t, err)
		assert.Empty(t, validate(t, scheme, object), item.key)
		assert.False(t, keys[item.key], "%s is there twice", item.key)
		keys[item.key] = true
	}
	assert.Len(t, keys, 13)

	refused := &v1alpha1.ScalingPolicy{}
	refused.Name, refused.Namespace = "idle", systemNamespace
	assert.NotEmpty(t, validate(t, scheme, refused), "this test can fail")
	refusedByTag := &v1beta1.ComponentDefinition{}
	refusedByTag.Name, refusedByTag.Namespace = "empty", systemNamespace
	assert.NotEmpty(t, validate(t, scheme, refusedByTag), "this test can fail")
}

func TestDefaultsNameOnlyDefaultsThatAreCreatedBeforeThem(t *testing.T) {
	known := map[string]bool{}
	for _, object := range all(t) {
		switch object := object.(type) {
		case *v1alpha1.Tenant:
			known["tenant "+object.Name] = true
			assert.Nil(t, object.Spec.SettingsRef)
			assert.Empty(t, object.Spec.GPUResources, "there are no limits until somebody sets them")
		case *v1alpha1.Project:
			assert.True(t, known["tenant "+object.Spec.TenantRef.Name])
			assert.Nil(t, object.Spec.SettingsRef)
			assert.Nil(t, object.Spec.ComputeConfigRef)
			assert.Empty(t, object.Spec.GPUResources, "there are no limits until somebody sets them")
		case *v1beta1.ComponentDefinition:
			known["component "+object.Name] = true
			assert.NotNil(t, object.Spec.Workload)
		case *v1beta1.TraitDefinition:
			for _, component := range object.Spec.AppliesToWorkloads {
				assert.True(t, known["component "+component], fmt.Sprintf("trait %s is for %s", object.Name, component))
			}
		}
	}
}
