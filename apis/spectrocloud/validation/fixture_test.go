// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/install"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

var (
	namespaces = validation.Namespaces{System: "palette-system", Server: "tenancy"}
	scheme     = func() *runtime.Scheme {
		scheme := runtime.NewScheme()
		install.Install(scheme)
		return scheme
	}()
)

// rules are those of a kind that are written by hand.
type rules struct {
	create func(obj runtime.Object) field.ErrorList
	update func(obj, old runtime.Object) field.ErrorList
}

// of are the rules of a T.
func of[T any](create func(*T) field.ErrorList, update func(updated, old *T) field.ErrorList) rules {
	as := func(obj runtime.Object) *T { return any(obj).(*T) }
	return rules{
		func(obj runtime.Object) field.ErrorList { return create(as(obj)) },
		func(obj, old runtime.Object) field.ErrorList { return update(as(obj), as(old)) },
	}
}

// within are the rules of a T that know the namespaces.
func within[T any](create func(*T, validation.Namespaces) field.ErrorList, update func(updated, old *T, namespaces validation.Namespaces) field.ErrorList) rules {
	return of(func(obj *T) field.ErrorList { return create(obj, namespaces) },
		func(updated, old *T) field.ErrorList { return update(updated, old, namespaces) })
}

// byHand are the rules that the tests try, by kind.
var byHand = map[string]rules{
	"Tenant":              within(validation.ValidateTenant, validation.ValidateTenantUpdate),
	"Project":             within(validation.ValidateProject, validation.ValidateProjectUpdate),
	"ComputePool":         of(validation.ValidateComputePool, validation.ValidateComputePoolUpdate),
	"AIWorkload":          of(validation.ValidateAIWorkload, validation.ValidateAIWorkloadUpdate),
	"Settings":            of(validation.ValidateSettings, validation.ValidateSettingsUpdate),
	"ComputeConfig":       of(validation.ValidateComputeConfig, validation.ValidateComputeConfigUpdate),
	"ScalingPolicy":       of(validation.ValidateScalingPolicy, validation.ValidateScalingPolicyUpdate),
	"ProfileBundle":       within(validation.ValidateProfileBundle, validation.ValidateProfileBundleUpdate),
	"WorkloadProfile":     of(validation.ValidateWorkloadProfile, validation.ValidateWorkloadProfileUpdate),
	"ComponentDefinition": of(validation.ValidateComponentDefinition, validation.ValidateComponentDefinitionUpdate),
	"TraitDefinition":     of(validation.ValidateTraitDefinition, validation.ValidateTraitDefinitionUpdate),
	"PolicyDefinition":    of(validation.ValidatePolicyDefinition, validation.ValidatePolicyDefinitionUpdate),
	"VariableSet":         of(validation.ValidateVariableSet, validation.ValidateVariableSetUpdate),
}

// kindOf is the kind of a hub object.
func kindOf(t *testing.T, obj runtime.Object) string {
	t.Helper()
	kinds, _, err := scheme.ObjectKinds(obj)
	require.NoError(t, err)
	return kinds[0].Kind
}

// wire is a hub object in the one version that serves its kind.
func wire(t *testing.T, obj runtime.Object) runtime.Object {
	t.Helper()
	kind := kindOf(t, obj)
	for _, version := range scheme.PrioritizedVersionsForGroup(spectrocloud.GroupName) {
		if scheme.Recognizes(version.WithKind(kind)) {
			converted, err := scheme.ConvertToVersion(obj, version)
			require.NoError(t, err)
			return converted
		}
	}
	t.Fatalf("no version serves %s", kind)
	return nil
}

// create is every rule that a create of the object meets, generated and hand-written.
func create(t *testing.T, obj runtime.Object) field.ErrorList {
	t.Helper()
	return validation.Shorten(append(scheme.Validate(context.Background(), nil, wire(t, obj)), byHand[kindOf(t, obj)].create(obj)...))
}

// update is every rule that an update of the object meets.
func update(t *testing.T, obj, old runtime.Object) field.ErrorList {
	t.Helper()
	return validation.Shorten(append(scheme.ValidateUpdate(context.Background(), nil, wire(t, obj), wire(t, old)), byHand[kindOf(t, obj)].update(obj, old)...))
}
