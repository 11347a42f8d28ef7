// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// definition is what the two versions of OpenAPI have in common.
type definition struct {
	Description string                `json:"description"`
	Properties  map[string]definition `json:"properties"`
	Kinds       []struct {
		Kind string `json:"kind"`
	} `json:"x-kubernetes-group-version-kind"`
}

func TestEveryFieldIsDescribed(t *testing.T) {
	var v2 struct {
		Definitions map[string]definition `json:"definitions"`
	}
	fetch(t, "/openapi/v2", &v2)
	type document struct {
		Components struct {
			Schemas map[string]definition `json:"schemas"`
		} `json:"components"`
	}
	var v3, v3beta document
	fetch(t, "/openapi/v3/apis/spectrocloud.com/v1alpha1", &v3)
	fetch(t, "/openapi/v3/apis/spectrocloud.com/v1beta1", &v3beta)
	maps.Copy(v3.Components.Schemas, v3beta.Components.Schemas)
	for version, schemas := range map[string]map[string]definition{"v2": v2.Definitions, "v3": v3.Components.Schemas} {
		t.Run(version, func(t *testing.T) {
			kinds, fields := map[string]bool{}, 0
			for name, described := range schemas {
				if !strings.HasPrefix(name, "com.spectrocloud.v1") {
					continue
				}
				assert.NotEmpty(t, described.Description, name)
				for _, kind := range described.Kinds {
					kinds[kind.Kind] = true
				}
				for field, property := range described.Properties {
					fields++
					assert.NotEmpty(t, property.Description, "%s.%s", name, field)
				}
			}
			want := map[string]bool{"Tenant": true, "TenantList": true, "Project": true, "ProjectList": true, "ComputePool": true,
				"ComputePoolList": true, "AIWorkload": true, "AIWorkloadList": true, "GPUUsage": true, "EffectiveSettings": true}
			for _, r := range resources {
				kind := r.object(t, "").GetKind()
				want[kind], want[kind+"List"] = true, true
			}
			assert.Equal(t, want, kinds)
			assert.Greater(t, fields, 250)
		})
	}
}

func fetch(t *testing.T, path string, into any) {
	t.Helper()
	content, err := cluster.Admin.REST().Get().AbsPath(path).SetHeader("Accept", "application/json").DoRaw(t.Context())
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into))
}
