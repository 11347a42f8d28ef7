// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What is taken and refused here is tried on kube-apiserver, too, by test/integration/controllers.
func TestAQuotaIsTakenAsAResourceQuotaIs(t *testing.T) {
	for name, quantities := range map[string]struct{ good, bad []string }{
		"pods":                    {[]string{"0", "3", "1k", "2e3", "3000m"}, []string{"-1", "500m", "0.5"}},
		"resourcequotas":          {[]string{"1"}, []string{"1m"}},
		"services.nodeports":      {[]string{"0"}, []string{"0.1"}},
		"services.loadbalancers":  {[]string{"50"}, []string{"-50"}},
		"cpu":                     {[]string{"500m", "0.1", "2"}, []string{"-1m"}},
		"requests.memory":         {[]string{"1.5Gi", "1m", "16Ti"}, []string{"-1"}},
		"limits.cpu":              {[]string{"1.5"}, nil},
		"requests.storage":        {[]string{"64Ti"}, nil},
		"hugepages-2Mi":           {[]string{"1Gi"}, []string{"-1Gi"}},
		"requests.hugepages-1Gi":  {[]string{"1Gi"}, nil},
		"count/jobs.batch":        {[]string{"5"}, []string{"5500m", "-5"}},
		"nvidia.com/gpu":          {[]string{"8"}, []string{"0.5"}},
		"requests.nvidia.com/gpu": {[]string{"8", "0.5"}, []string{"-1"}},
		"gold.storageclass.storage.k8s.io/requests.storage":     {[]string{"1Gi"}, []string{"0.5"}},
		"gold.storageclass.storage.kubernetes.io/requests.disk": {[]string{"0.5"}, nil},
		"pod":                               {nil, []string{"5"}},
		"storage":                           {nil, []string{"1Gi"}},
		"limits.storage":                    {nil, []string{"1Gi"}},
		"requests.pods":                     {nil, []string{"1"}},
		"nvidia-gpu":                        {nil, []string{"1"}},
		"Pods":                              {nil, []string{"1"}},
		"many pods":                         {nil, []string{"1"}},
		"count/":                            {nil, []string{"1"}},
		"count/jobs/all":                    {nil, []string{"1"}},
		"count/cron jobs":                   {nil, []string{"1"}},
		"":                                  {nil, []string{"1"}},
		strings.Repeat("a", 250) + ".com/x": {nil, []string{"1"}},
	} {
		for _, quantity := range quantities.good {
			assert.Empty(t, create(t, tenant(func(o *spectrocloud.Tenant) { o.Spec.Isolation.Quota = quota(name, quantity) })), "%s: %s", name, quantity)
		}
		for _, quantity := range quantities.bad {
			errs := create(t, tenant(func(o *spectrocloud.Tenant) { o.Spec.Isolation.Quota = quota(name, quantity) }))
			require.NotEmpty(t, errs, "%s: %s", name, quantity)
			for _, err := range errs {
				assert.True(t, strings.HasPrefix(err.Field, "spec.isolation.quota.hard["), err.Error())
			}
		}
	}
	errs := create(t, tenant(func(o *spectrocloud.Tenant) { o.Spec.Isolation.Quota = quota("pod", "1") }))
	assert.Contains(t, errs[0].Detail, "pods, ")
	assert.Contains(t, errs[0].Detail, "as count/jobs.batch", "the whole of it is said")
}

// A Tenant with a quota that was taken by an earlier version must not become one that nobody can be taken off.
func TestAQuotaThatIsStoredIsNotJudgedAgain(t *testing.T) {
	stored := tenant(func(o *spectrocloud.Tenant) { o.Spec.Isolation.Quota = quota("pods", "500m") })
	updated := stored.DeepCopy()
	updated.Spec.TenantRoleMapping.Groups = []string{"sre"}
	assert.Empty(t, update(t, updated, stored))
	updated.Spec.Isolation.Quota = quota("pods", "0.5")
	assert.Empty(t, update(t, updated, stored), "it is the same figure")
	updated.Spec.Isolation.Quota = quota("pods", "600m")
	assert.Equal(t, []string{"Invalid value: spec.isolation.quota.hard[pods]"}, said(update(t, updated, stored)))
	updated.Spec.Isolation.Quota = quota("secrets", "500m")
	assert.Equal(t, []string{"Invalid value: spec.isolation.quota.hard[secrets]"}, said(update(t, updated, stored)))
}
