// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What a ResourceQuota can be of without a prefix: things, which come whole, and amounts. Pages have their size in the name.
var (
	quotaOfThings = sets.New("configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets",
		"services", "services.loadbalancers", "services.nodeports")
	quotaOfAmounts = sets.New("cpu", "ephemeral-storage", "limits.cpu", "limits.ephemeral-storage", "limits.memory", "memory",
		"requests.cpu", "requests.ephemeral-storage", "requests.memory", "requests.storage")
	quotaOfPages = []string{"hugepages-", "requests.hugepages-"}
)

// maxQuotas is bounded by a validation tag, as what is in validation.go.
const maxQuotas = 64

// validateIsolation refuses a quota that kube-apiserver would not take in a ResourceQuota, for no namespace of the Tenant
// could be hemmed in by it. A figure that is stored already is not judged again. How many there may be, and the other
// switches, which are enums, are checked by what is generated from the types.
func validateIsolation(isolation, stored spectrocloud.TenantIsolation, path *field.Path) (errs field.ErrorList) {
	if isolation.Quota == nil || len(isolation.Quota.Hard) > maxQuotas {
		return nil
	}
	var before map[string]resource.Quantity
	if stored.Quota != nil {
		before = stored.Quota.Hard
	}
	for _, name := range slices.Sorted(maps.Keys(isolation.Quota.Hard)) {
		quantity := isolation.Quota.Hard[name]
		if was, had := before[name]; had && was.Cmp(quantity) == 0 {
			continue
		}
		errs = append(errs, validateQuota(name, quantity, path.Child("quota", "hard").Key(name))...)
	}
	return errs
}

func validateQuota(name string, quantity resource.Quantity, path *field.Path) (errs field.ErrorList) {
	for _, problem := range validation.IsQualifiedName(name) {
		errs = append(errs, field.Invalid(path, name, "must be the name of a resource, as in a ResourceQuota: "+problem))
	}
	standard := quotaOfThings.Has(name) || quotaOfAmounts.Has(name) ||
		slices.ContainsFunc(quotaOfPages, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
	if len(errs) == 0 && !standard && !strings.Contains(name, "/") {
		known := slices.Concat(sets.List(quotaOfThings.Union(quotaOfAmounts)), quotaOfPages)
		errs = append(errs, field.Invalid(path, name, "must be what a ResourceQuota knows ("+strings.Join(known, ", ")+"), or have a prefix, as count/jobs.batch"))
	}
	if quantity.Sign() < 0 {
		errs = append(errs, field.Invalid(path, quantity.String(), "must not be negative"))
	}
	if comesWhole(name) && quantity.MilliValue()%1000 != 0 {
		errs = append(errs, field.Invalid(path, quantity.String(), "must be a whole number"))
	}
	return errs
}

// comesWhole tells whether there are only whole ones of a resource: things, and what is not of Kubernetes itself, such as GPUs
// and objects that are counted, unless it says that it is requested.
func comesWhole(name string) bool {
	return quotaOfThings.Has(name) ||
		strings.Contains(name, "/") && !strings.Contains(name, "kubernetes.io/") && !strings.HasPrefix(name, "requests.") &&
			len(validation.IsQualifiedName("requests."+name)) == 0
}
