// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// addFieldLabelConversions admits the field selectors of this version; any other is refused with a 400 that names it.
func addFieldLabelConversions(scheme *runtime.Scheme) error {
	return scheme.AddFieldLabelConversionFunc(SchemeGroupVersion.WithKind("Project"), func(label, value string) (string, string, error) {
		switch label {
		case "metadata.name", "metadata.namespace", spectrocloud.ProjectTenantField:
			return label, value, nil
		}
		return "", "", fmt.Errorf("field label %q is not supported for Project: use metadata.name, metadata.namespace or %s", label, spectrocloud.ProjectTenantField)
	})
}
