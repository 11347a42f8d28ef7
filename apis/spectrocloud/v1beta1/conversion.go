// SPDX-License-Identifier: Apache-2.0

package v1beta1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/wire"
)

// selectable are the fields that the objects of a kind can be selected by.
var selectable = map[string][]string{
	"WorkloadProfile": {"metadata.name", "metadata.namespace", spectrocloud.ProfileLineageField},
}

func addFieldLabelConversions(scheme *runtime.Scheme) error {
	return wire.AddFieldLabels(scheme, SchemeGroupVersion, selectable)
}

// Convert_v1beta1_Component_To_spectrocloud_Component refuses properties that nobody could read.
func Convert_v1beta1_Component_To_spectrocloud_Component(in *Component, out *spectrocloud.Component, s conversion.Scope) error {
	if err := wire.CheckProperties(in.Properties); err != nil {
		return fmt.Errorf("component %s: %w", in.Name, err)
	}
	return autoConvert_v1beta1_Component_To_spectrocloud_Component(in, out, s)
}

// Convert_v1beta1_Trait_To_spectrocloud_Trait refuses properties that nobody could read.
func Convert_v1beta1_Trait_To_spectrocloud_Trait(in *Trait, out *spectrocloud.Trait, s conversion.Scope) error {
	if err := wire.CheckProperties(in.Properties); err != nil {
		return fmt.Errorf("trait %s: %w", in.Type, err)
	}
	return autoConvert_v1beta1_Trait_To_spectrocloud_Trait(in, out, s)
}

// Convert_v1beta1_Policy_To_spectrocloud_Policy refuses properties that nobody could read.
func Convert_v1beta1_Policy_To_spectrocloud_Policy(in *Policy, out *spectrocloud.Policy, s conversion.Scope) error {
	if err := wire.CheckProperties(in.Properties); err != nil {
		return fmt.Errorf("policy %s: %w", in.Name, err)
	}
	return autoConvert_v1beta1_Policy_To_spectrocloud_Policy(in, out, s)
}
