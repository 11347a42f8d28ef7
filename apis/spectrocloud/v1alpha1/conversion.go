// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/wire"
)

// selectable are the fields that the objects of a kind can be selected by.
var selectable = map[string][]string{
	"Project":     {"metadata.name", "metadata.namespace", spectrocloud.ProjectTenantField},
	"ComputePool": {"metadata.name", "metadata.namespace", spectrocloud.ConsumerPhaseField},
	"AIWorkload":  {"metadata.name", "metadata.namespace", spectrocloud.ConsumerPhaseField, spectrocloud.WorkloadPoolField},
}

func addFieldLabelConversions(scheme *runtime.Scheme) error {
	return wire.AddFieldLabels(scheme, SchemeGroupVersion, selectable)
}
