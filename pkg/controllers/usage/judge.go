// SPDX-License-Identifier: Apache-2.0

package usage

import (
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/controllers/status"
)

// countsOf are the GPUs in use per family, those of which none is left out; nil if none is in use.
func countsOf(families []v1alpha1.FamilyUsage) v1alpha1.GPUCounts {
	var counts v1alpha1.GPUCounts
	for _, family := range families {
		if family.Used <= 0 {
			continue
		}
		if counts == nil {
			counts = v1alpha1.GPUCounts{}
		}
		counts[family.Family] = int32(min(family.Used, math.MaxInt32))
	}
	return counts
}

// countsByProject are the GPUs in use per Project and family; nil if none is in use.
func countsByProject(projects []v1alpha1.ProjectUsage) map[string]v1alpha1.GPUCounts {
	var all map[string]v1alpha1.GPUCounts
	for _, project := range projects {
		counts := countsOf(project.Families)
		if counts == nil {
			continue
		}
		if all == nil {
			all = map[string]v1alpha1.GPUCounts{}
		}
		all[project.Name] = counts
	}
	return all
}

// judge returns the condition that says whether more GPUs are in use than the limits allow, made from the object's
// generation. Its time is that of the condition of that type in old, unless it turns.
func judge(old []metav1.Condition, conditionType string, generation int64, families []v1alpha1.FamilyUsage) metav1.Condition {
	condition := metav1.Condition{
		Type: conditionType, Status: metav1.ConditionFalse, ObservedGeneration: generation,
		Reason: status.WithinLimits, Message: "No more GPUs are in use than the limits allow",
	}
	if message := excess(families); message != "" {
		condition.Status, condition.Reason, condition.Message = metav1.ConditionTrue, status.GPULimitExceeded, status.Clip(message)
	}
	now := []metav1.Condition{}
	if before := meta.FindStatusCondition(old, conditionType); before != nil {
		now = append(now, *before)
	}
	meta.SetStatusCondition(&now, condition)
	return now[0]
}

// excess says by how much each family is above its limit; "" if none is.
func excess(families []v1alpha1.FamilyUsage) string {
	var over []string
	for _, family := range families {
		if family.Limit != nil && family.Used > *family.Limit {
			over = append(over, fmt.Sprintf("%s: %d in use, limit %d: %d over", family.Family, family.Used, *family.Limit, family.Used-*family.Limit))
		}
	}
	switch len(over) {
	case 0:
		return ""
	case 1:
		return over[0] + "; new requests for it wait until usage drops"
	}
	return strings.Join(over, "; ") + "; new requests for these wait until usage drops"
}
