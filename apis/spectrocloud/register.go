// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group that every kind of this server lives in.
const GroupName = "spectrocloud.com"

// SchemeGroupVersion is the group's hub version, which is never served.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: runtime.APIVersionInternal}

// Kind qualifies a kind with the group, as error messages want it.
func Kind(kind string) schema.GroupKind {
	return SchemeGroupVersion.WithKind(kind).GroupKind()
}

// Resource qualifies a plural resource name with the group.
func Resource(resource string) schema.GroupResource {
	return SchemeGroupVersion.WithResource(resource).GroupResource()
}

var (
	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	// AddToScheme registers the hub types.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&Tenant{}, &TenantList{},
		&Project{}, &ProjectList{},
		&ComputePool{}, &ComputePoolList{},
		&AIWorkload{}, &AIWorkloadList{},
		&Settings{}, &SettingsList{},
		&ComputeConfig{}, &ComputeConfigList{},
		&ScalingPolicy{}, &ScalingPolicyList{},
		&ProfileBundle{}, &ProfileBundleList{},
		&WorkloadProfile{}, &WorkloadProfileList{},
		&ComponentDefinition{}, &ComponentDefinitionList{},
		&TraitDefinition{}, &TraitDefinitionList{},
		&PolicyDefinition{}, &PolicyDefinitionList{},
		&VariableSet{}, &VariableSetList{},
		&GPUUsage{},
		&EffectiveSettings{},
	)
	return nil
}
