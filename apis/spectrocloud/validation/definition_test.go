// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// What definitions of all kinds have in common is tried on each.
func TestADefinitionThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	for what, tc := range map[string]struct {
		change func(name, version *string, schematic *spectrocloud.Schematic)
		want   []string
	}{
		"as it should be":          {func(_, _ *string, _ *spectrocloud.Schematic) {}, nil},
		"no version":               {func(_, version *string, _ *spectrocloud.Schematic) { *version = "" }, nil},
		"a version of two lines":   {func(_, version *string, _ *spectrocloud.Schematic) { *version = "1\n2" }, []string{"Invalid value: spec.version"}},
		"a version too long":       {func(_, version *string, _ *spectrocloud.Schematic) { *version = strings.Repeat("1", 64) }, []string{"Too long: spec.version"}},
		"no template":              {func(_, _ *string, s *spectrocloud.Schematic) { s.CUE.Template = "" }, []string{"Required value: spec.schematic.cue.template"}},
		"a template that rings":    {func(_, _ *string, s *spectrocloud.Schematic) { s.CUE.Template = "\a" }, []string{"Invalid value: spec.schematic.cue.template"}},
		"the longest template":     {func(_, _ *string, s *spectrocloud.Schematic) { s.CUE.Template = strings.Repeat("ö", 256<<10) }, nil},
		"a template too long":      {func(_, _ *string, s *spectrocloud.Schematic) { s.CUE.Template = strings.Repeat("ö", 256<<10+1) }, []string{"Too long: spec.schematic.cue.template"}},
		"a name with a slash":      {func(name, _ *string, _ *spectrocloud.Schematic) { *name = "a/b" }, []string{"Invalid value: metadata.name"}},
		"a name as Kubernetes has": {func(name, _ *string, _ *spectrocloud.Schematic) { *name = "deployments.apps" }, nil},
	} {
		t.Run(what, func(t *testing.T) {
			component, trait, policy := componentDefinition(nil), traitDefinition(nil), policyDefinition(nil)
			tc.change(&component.Name, &component.Spec.Version, &component.Spec.Schematic)
			tc.change(&trait.Name, &trait.Spec.Version, &trait.Spec.Schematic)
			tc.change(&policy.Name, &policy.Spec.Version, &policy.Spec.Schematic)
			for _, definition := range []runtime.Object{component, trait, policy} {
				assert.ElementsMatch(t, tc.want, said(create(t, definition)))
			}
		})
	}
	gvk := componentDefinition(func(o *spectrocloud.ComponentDefinition) {
		o.Spec.Workload = &spectrocloud.WorkloadGVK{APIVersion: "a b"}
	})
	assert.ElementsMatch(t, []string{"Invalid value: spec.workload.apiVersion", "Required value: spec.workload.kind"}, said(create(t, gvk)))
	for what, tc := range map[string]struct{ types, want []string }{
		"any":         {[]string{"*", "deployments.apps"}, nil},
		"one twice":   {[]string{"a", "a"}, []string{"Duplicate value: spec.appliesToWorkloads[1]"}},
		"two lines":   {[]string{"a\nb"}, []string{"Invalid value: spec.appliesToWorkloads[0]"}},
		"of no name":  {[]string{""}, []string{"Too short: spec.appliesToWorkloads[0]"}},
		"65 of these": {groups(65), []string{"Too many: spec.appliesToWorkloads"}},
	} {
		trait := traitDefinition(func(o *spectrocloud.TraitDefinition) { o.Spec.AppliesToWorkloads = tc.types })
		assert.ElementsMatch(t, tc.want, said(create(t, trait)), what)
	}
}

func TestAVariableSetThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type S = spectrocloud.VariableSetSpec
	named := func(name string) spectrocloud.Variable {
		return spectrocloud.Variable{Name: strings.ReplaceAll(name, "-", "_")}
	}
	name := []string{"Invalid value: spec.variables[0].name"}
	for what, tc := range map[string]struct {
		change func(*S)
		want   []string
	}{
		"as it should be":             {func(*S) {}, nil},
		"none":                        {func(s *S) { s.Variables = nil }, nil},
		"1024":                        {func(s *S) { s.Variables = many(1024, named) }, nil},
		"1025":                        {func(s *S) { s.Variables = many(1025, named) }, []string{"Too many: spec.variables"}},
		"one twice":                   {func(s *S) { s.Variables[1].Name = "MODEL_REGISTRY" }, []string{"Duplicate value: spec.variables[1]"}},
		"one in other letters":        {func(s *S) { s.Variables[1].Name = "model_registry" }, nil},
		"no name":                     {func(s *S) { s.Variables[0].Name = "" }, []string{"Required value: spec.variables[0].name"}},
		"a name that starts with 1":   {func(s *S) { s.Variables[0].Name = "1A" }, name},
		"a name with a dash":          {func(s *S) { s.Variables[0].Name = "a-b" }, name},
		"a name of two lines":         {func(s *S) { s.Variables[0].Name = "a\n" }, name},
		"a name of another alphabet":  {func(s *S) { s.Variables[0].Name = "ä" }, name},
		"the longest name":            {func(s *S) { s.Variables[0].Name = strings.Repeat("a", 63) }, nil},
		"a name that is too long":     {func(s *S) { s.Variables[0].Name = strings.Repeat("a", 64) }, []string{"Too long: spec.variables[0].name"}},
		"a description of two lines":  {func(s *S) { s.Variables[0].Description = "a\nb" }, []string{"Invalid value: spec.variables[0].description"}},
		"a value of many lines":       {func(s *S) { s.Variables[0].Value = "a\nb\x1b" }, nil},
		"an empty value":              {func(s *S) { s.Variables[0].Value = "" }, nil},
		"a value too long":            {func(s *S) { s.Variables[0].Value = strings.Repeat("ö", 4097) }, []string{"Too long: spec.variables[0].value"}},
		"a value that can be no such": {func(s *S) { s.Variables[0].Value = "a\x00" }, []string{"Invalid value: spec.variables[0].value"}},
		"a value and a secret":        {func(s *S) { s.Variables[1].Value = "hf_secret" }, []string{"Forbidden: spec.variables[1].value"}},
		"a secret without a name":     {func(s *S) { s.Variables[1].SecretRef.Name = "" }, []string{"Required value: spec.variables[1].secretRef.name"}},
		"a secret without a key":      {func(s *S) { s.Variables[1].SecretRef.Key = "" }, []string{"Required value: spec.variables[1].secretRef.key"}},
		"a key that no Secret has":    {func(s *S) { s.Variables[1].SecretRef.Key = "a/b" }, []string{"Invalid value: spec.variables[1].secretRef.key"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, variableSet(func(o *spectrocloud.VariableSet) { tc.change(&o.Spec) }))))
		})
	}
}
