// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupName is the API group of this version.
const GroupName = "spectrocloud.com"

// SchemeGroupVersion is the group and version of this package's types.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

// Resource qualifies a plural resource name with the group; the generated listers use it.
func Resource(resource string) schema.GroupResource {
	return SchemeGroupVersion.WithResource(resource).GroupResource()
}

var (
	// SchemeBuilder collects what this version registers, the generated conversions, defaults and validations included.
	SchemeBuilder      runtime.SchemeBuilder
	localSchemeBuilder = &SchemeBuilder
	// AddToScheme registers this version in a scheme.
	AddToScheme = localSchemeBuilder.AddToScheme
)

func init() {
	localSchemeBuilder.Register(addKnownTypes, addDefaultingFuncs, addValidationFuncs, addFieldLabelConversions)
}

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&Tenant{}, &TenantList{},
		&Project{}, &ProjectList{},
		&ComputePool{}, &ComputePoolList{},
		&AIWorkload{}, &AIWorkloadList{},
		&Settings{}, &SettingsList{},
		&ComputeConfig{}, &ComputeConfigList{},
		&ScalingPolicy{}, &ScalingPolicyList{},
		&GPUUsage{},
		&EffectiveSettings{},
	)
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}
