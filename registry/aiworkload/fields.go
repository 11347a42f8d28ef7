// SPDX-License-Identifier: Apache-2.0

package aiworkload

import (
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// attributes are what label and field selectors see of an AIWorkload.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	workload, ok := obj.(*spectrocloud.AIWorkload)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not an AIWorkload", obj)
	}
	return workload.Labels, generic.MergeFieldsSets(
		generic.ObjectMetaFieldsSet(&workload.ObjectMeta, true),
		fields.Set{spectrocloud.WorkloadPoolField: pool(workload), spectrocloud.ConsumerPhaseField: phase(workload)}), nil
}

// pool is the name of the ComputePool that the workload runs on; empty if it runs on none.
func pool(workload *spectrocloud.AIWorkload) string {
	if ref := workload.Spec.ComputePoolRef; ref != nil {
		return ref.Name
	}
	return ""
}

// poolOf lets the watch cache find who watches one ComputePool's AIWorkloads.
func poolOf(obj runtime.Object) string { return pool(obj.(*spectrocloud.AIWorkload)) }

// index lets the watch cache list the AIWorkloads that have a value without reading all.
func index(value func(*spectrocloud.AIWorkload) string) func(any) ([]string, error) {
	return func(obj any) ([]string, error) {
		workload, ok := obj.(*spectrocloud.AIWorkload)
		if !ok {
			return nil, fmt.Errorf("%T is not an AIWorkload", obj)
		}
		return []string{value(workload)}, nil
	}
}

func phase(workload *spectrocloud.AIWorkload) string { return string(workload.Status.Phase) }
