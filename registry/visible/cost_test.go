// SPDX-License-Identifier: Apache-2.0

package visible_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/storage/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// read is how many Projects lists have read so far, from the watch cache or from etcd.
func read(t *testing.T) (objects float64) {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() != "apiserver_storage_list_fetched_objects_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "resource" && label.GetValue() == "projects" {
					objects += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return objects
}

func TestAListReadsWhatTheCallerSeesAndNoMore(t *testing.T) {
	metrics.Register()
	s := newServer(t)
	for i := range 300 {
		s.addProject(t, fmt.Sprintf("other%d", i), "others")
	}
	for i := range 4 {
		s.addProject(t, fmt.Sprintf("ours%d", i), "us", "we")
	}
	revision := s.list(t, root, listOptions{}).GetResourceVersion()
	many := []string{"us", "we"}
	for i := range 500 {
		many = append(many, fmt.Sprintf("unknown%d", i))
	}
	for name, options := range map[string]listOptions{
		"plain":        {},
		"a page":       {Limit: 3},
		"any moment":   {ResourceVersion: "0"},
		"a first page": {ResourceVersion: "0", Limit: 500},
		"a later one":  {ResourceVersion: revision},
		"one Tenant's": {FieldSelector: fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, "acme")},
		"by name":      {FieldSelector: fields.OneTermEqualSelector("metadata.name", "ours1")},
	} {
		for what, groups := range map[string][]string{
			"two groups": {"us", "we"}, "hundreds of groups": many, "no group": nil, "another": {"none"},
		} {
			before := read(t)
			names := s.list(t, member(groups...), options).names
			assert.LessOrEqual(t, read(t)-before, 8.0, "%s, %s: each of 4 is found by two groups", name, what)
			assert.Equal(t, len(groups) > 1, len(names) > 0, "%s, %s: %v", name, what, names)
		}
	}
	before := read(t)
	s.list(t, root, listOptions{})
	assert.Equal(t, 304.0, read(t)-before, "it is counted at all")
	before = read(t)
	s.list(t, root, listOptions{FieldSelector: fields.OneTermEqualSelector(spectrocloud.ProjectTenantField, "none")})
	assert.Zero(t, read(t)-before, "an administrator's list of one Tenant's Projects is by index, too")
}
