// SPDX-License-Identifier: Apache-2.0

package api

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/openapi"
)

// definitionFile defines the custom resource that Projects are compared with.
var definitionFile = filepath.Join("testdata", "projects.bench.example.com.yaml")

func TestThePeerHasTheFieldsOfProject(t *testing.T) {
	data, err := os.ReadFile(definitionFile)
	require.NoError(t, err)
	var definition struct {
		Spec struct {
			Versions []struct {
				Schema struct{ OpenAPIV3Schema spec.Schema }
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(data, &definition))
	require.Len(t, definition.Spec.Versions, 1)

	models := openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef("#/" + path) })
	ours, theirs := map[string]string{}, map[string]string{}
	fields(models, models[v1alpha1.Project{}.OpenAPIModelName()].Schema, "", ours)
	fields(models, definition.Spec.Versions[0].Schema.OpenAPIV3Schema, "", theirs)
	assert.Contains(t, ours, ".spec.roleMapping.admin[]")
	assert.Equal(t, ours, theirs)
}

// fields adds the path and the type of every field of a schema to paths, but for those of metadata, which a definition does
// not have.
func fields(models map[string]common.OpenAPIDefinition, schema spec.Schema, path string, paths map[string]string) {
	for _, part := range append([]spec.Schema{schema}, schema.AllOf...) {
		if name, ok := strings.CutPrefix(part.Ref.String(), "#/"); ok {
			schema = models[name].Schema
		}
	}
	paths[path] = strings.TrimSuffix(strings.Join(schema.Type, ",")+" "+schema.Format, " ")
	if path == ".metadata" {
		paths[path] = "object"
		return
	}
	if schema.Items != nil {
		fields(models, *schema.Items.Schema, path+"[]", paths)
	}
	if schema.AdditionalProperties != nil {
		fields(models, *schema.AdditionalProperties.Schema, path+"{}", paths)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		fields(models, schema.Properties[name], path+"."+name, paths)
	}
}
