// SPDX-License-Identifier: Apache-2.0

package api

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"spectrocloud.com/tenancy/generated/openapi"
)

// workloadDefinition defines AIWorkload as a custom resource with the very schema that we publish. It has no limits of its own
// but types: nothing slows the peer down that its webhook does not do.
func workloadDefinition(model string) *unstructured.Unstructured {
	models := openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef("#/" + path) })
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   map[string]any{"name": workloads + "." + customGroupVersion.Group},
		"spec": map[string]any{
			"group": customGroupVersion.Group,
			"scope": "Namespaced",
			"names": map[string]any{"kind": "AIWorkload", "listKind": "AIWorkloadList", "plural": workloads, "singular": "aiworkload"},
			"versions": []any{map[string]any{
				"name": customGroupVersion.Version, "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema":       map[string]any{"openAPIV3Schema": structural(models, models[model].Schema)},
			}},
		},
	}}
}

// structural returns a schema as definitions take it: without references, defaults and what is said of metadata.
func structural(models map[string]common.OpenAPIDefinition, schema spec.Schema) map[string]any {
	for _, part := range append([]spec.Schema{schema}, schema.AllOf...) {
		if name, ok := strings.CutPrefix(part.Ref.String(), "#/"); ok {
			if strings.HasSuffix(name, ".ObjectMeta") {
				return map[string]any{"type": "object"}
			}
			return structural(models, models[name].Schema)
		}
	}
	result := map[string]any{"type": strings.Join(schema.Type, "")}
	if schema.Format != "" {
		result["format"] = schema.Format
	}
	if schema.Items != nil {
		result["items"] = structural(models, *schema.Items.Schema)
	}
	if schema.AdditionalProperties != nil {
		result["additionalProperties"] = structural(models, *schema.AdditionalProperties.Schema)
	}
	properties := map[string]any{}
	for name, property := range schema.Properties {
		properties[name] = structural(models, property)
	}
	if len(properties) > 0 {
		result["properties"] = properties
	}
	var required []any
	for _, name := range schema.Required {
		required = append(required, name)
	}
	if len(required) > 0 {
		result["required"] = required
	}
	for _, extension := range []string{"x-kubernetes-list-type", "x-kubernetes-list-map-keys"} {
		if value, ok := schema.Extensions[extension]; ok {
			result[extension] = value
		}
	}
	return result
}
