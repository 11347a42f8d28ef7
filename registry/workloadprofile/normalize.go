// SPDX-License-Identifier: Apache-2.0

package workloadprofile

import (
	"bytes"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// normalize writes the properties in a spec as every path of the API server that takes them apart does: without white space
// and with the keys in order. Otherwise a patch of a label would seem to change the spec, which never changes.
func normalize(spec *spectrocloud.WorkloadProfileSpec) {
	for i := range spec.Workload.Components {
		component := &spec.Workload.Components[i]
		normalizeJSON(component.Properties)
		for j := range component.Traits {
			normalizeJSON(component.Traits[j].Properties)
		}
	}
	for i := range spec.Workload.Policies {
		normalizeJSON(spec.Workload.Policies[i].Properties)
	}
}

// normalizeJSON leaves what is no JSON object to validation.
func normalizeJSON(properties *runtime.RawExtension) {
	if properties == nil {
		return
	}
	var object map[string]any
	if err := utiljson.Unmarshal(properties.Raw, &object); err != nil || object == nil {
		return
	}
	// An object as it is stored may be one that others read, and is not written to.
	if normal, err := json.Marshal(object); err == nil && !bytes.Equal(normal, properties.Raw) {
		properties.Raw = normal
	}
}
