// SPDX-License-Identifier: Apache-2.0

package computepool

import (
	"fmt"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// attributes are what label and field selectors see of a ComputePool.
func attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	pool, ok := obj.(*spectrocloud.ComputePool)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a ComputePool", obj)
	}
	return pool.Labels, generic.MergeFieldsSets(
		generic.ObjectMetaFieldsSet(&pool.ObjectMeta, true),
		fields.Set{spectrocloud.ConsumerPhaseField: phaseOf(pool)}), nil
}

// phaseOf lets the watch cache find who watches the ComputePools in one phase.
func phaseOf(obj runtime.Object) string { return string(obj.(*spectrocloud.ComputePool).Status.Phase) }

// phaseIndex lets the watch cache list the ComputePools in one phase without reading all.
func phaseIndex(obj any) ([]string, error) {
	pool, ok := obj.(*spectrocloud.ComputePool)
	if !ok {
		return nil, fmt.Errorf("%T is not a ComputePool", obj)
	}
	return []string{phaseOf(pool)}, nil
}
