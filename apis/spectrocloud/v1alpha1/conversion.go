// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// selectable are the fields that the objects of a kind can be selected by. Kinds that are not here have only the two of
// their metadata, as all kinds have by default.
var selectable = map[string][]string{
	"Project":     {"metadata.name", "metadata.namespace", spectrocloud.ProjectTenantField},
	"ComputePool": {"metadata.name", "metadata.namespace", spectrocloud.ConsumerPhaseField},
	"AIWorkload":  {"metadata.name", "metadata.namespace", spectrocloud.ConsumerPhaseField, spectrocloud.WorkloadPoolField},
}

// addFieldLabelConversions admits the field selectors of this version; any other is refused with a 400 that names it.
func addFieldLabelConversions(scheme *runtime.Scheme) error {
	for kind, fields := range selectable {
		if err := scheme.AddFieldLabelConversionFunc(SchemeGroupVersion.WithKind(kind), func(label, value string) (string, string, error) {
			if slices.Contains(fields, label) {
				return label, value, nil
			}
			return "", "", fmt.Errorf("field label %q is not supported for %s: use %s", label, kind, strings.Join(fields, ", "))
		}); err != nil {
			return err
		}
	}
	return nil
}
