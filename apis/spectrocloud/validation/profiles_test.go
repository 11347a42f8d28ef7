// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// many are n of what make returns for a name.
func many[T any](n int, make func(name string) T) []T {
	all := []T{}
	for i := range n {
		all = append(all, make(fmt.Sprintf("name-%d", i)))
	}
	return all
}

func TestAProfileBundleThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type S = spectrocloud.ProfileBundleSpec
	infra, addOn := spectrocloud.ClusterProfileInfrastructure, spectrocloud.ClusterProfileAddOn
	profiles := func(types ...spectrocloud.ClusterProfileType) func(*S) {
		return func(s *S) {
			s.ClusterProfiles = many(len(types), func(name string) spectrocloud.ClusterProfile { return spectrocloud.ClusterProfile{Name: name} })
			for i, of := range types {
				s.ClusterProfiles[i].Type = of
			}
		}
	}
	of := func(bundle spectrocloud.ProfileBundleType, change func(*S)) func(*S) {
		return func(s *S) {
			s.Type = bundle
			change(s)
		}
	}
	second := []string{"Invalid value: spec.clusterProfiles[1].type"}
	for what, tc := range map[string]struct {
		change func(*S)
		want   []string
	}{
		"as it should be":             {func(*S) {}, nil},
		"nothing but a type":          {func(s *S) { *s = S{Type: "Model"} }, nil},
		"no type":                     {func(s *S) { s.Type = "" }, []string{"Required value: spec.type"}},
		"a type there isn't":          {func(s *S) { s.Type = "fullstack" }, []string{"Unsupported value: spec.type"}},
		"a version of two lines":      {func(s *S) { s.Version = "v1\nv2" }, []string{"Invalid value: spec.version"}},
		"a version with a build":      {func(s *S) { s.Version = "v1.0.0-rc.1+build" }, nil},
		"a version that is too long":  {func(s *S) { s.Version = strings.Repeat("1", 64) }, []string{"Too long: spec.version"}},
		"a cloud twice":               {func(s *S) { s.CloudTypes = []string{"aws", "aws"} }, []string{"Duplicate value: spec.cloudTypes[1]"}},
		"a cloud without a name":      {func(s *S) { s.CloudTypes = []string{""} }, []string{"Too short: spec.cloudTypes[0]"}},
		"a cloud that is no name":     {func(s *S) { s.CloudTypes = []string{"a b"} }, []string{"Invalid value: spec.cloudTypes[0]"}},
		"65 clouds":                   {func(s *S) { s.CloudTypes = groups(65) }, []string{"Too many: spec.cloudTypes"}},
		"add-ons alone":               {profiles(addOn, addOn), nil},
		"a Full cluster":              {profiles(spectrocloud.ClusterProfileFull, addOn), nil},
		"two clusters":                {profiles(infra, infra), second},
		"two clusters of two types":   {profiles(spectrocloud.ClusterProfileFull, infra), second},
		"an application's cluster":    {of("Application", profiles(addOn, infra)), second},
		"a model's cluster":           {of("Model", profiles(addOn, infra)), second},
		"an application's add-ons":    {of("Application", profiles(addOn, addOn)), nil},
		"a profile of no type":        {profiles(infra, ""), []string{"Required value: spec.clusterProfiles[1].type"}},
		"a profile of a type unknown": {profiles(infra, "Addon"), []string{"Unsupported value: spec.clusterProfiles[1].type"}},
		"a profile without a name":    {func(s *S) { s.ClusterProfiles[1].Name = "" }, []string{"Required value: spec.clusterProfiles[1].name"}},
		"a profile twice":             {func(s *S) { s.ClusterProfiles[1].Name = "infra" }, []string{"Duplicate value: spec.clusterProfiles[1]"}},
		"a uid that is none":          {func(s *S) { s.ClusterProfiles[0].UID = "a b" }, []string{"Invalid value: spec.clusterProfiles[0].uid"}},
		"65 profiles":                 {profiles(slices.Repeat([]spectrocloud.ClusterProfileType{addOn}, 65)...), []string{"Too many: spec.clusterProfiles"}},
		"workloads of infrastructure": {of("Infrastructure", func(*S) {}), []string{"Forbidden: spec.workloadProfiles"}},
		"infrastructure":              {of("Infrastructure", func(s *S) { s.WorkloadProfiles = nil }), nil},
		"another Project's workload":  {func(s *S) { s.WorkloadProfiles[0].Namespace = "other" }, []string{"Unsupported value: spec.workloadProfiles[0].namespace"}},
		"its own, by name":            {func(s *S) { s.WorkloadProfiles[0].Namespace = "web" }, nil},
		"a workload without a name":   {func(s *S) { s.WorkloadProfiles[0].Name = "" }, []string{"Required value: spec.workloadProfiles[0].name"}},
		"one workload of two spaces":  {func(s *S) { s.WorkloadProfiles[1].Name = "inference" }, []string{"Duplicate value: spec.workloadProfiles[1]"}},
		"65 workloads": {func(s *S) {
			s.WorkloadProfiles = many(65, func(name string) spectrocloud.WorkloadProfileReference {
				return spectrocloud.WorkloadProfileReference{Name: name}
			})
		}, []string{"Too many: spec.workloadProfiles"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, profileBundle(func(o *spectrocloud.ProfileBundle) { tc.change(&o.Spec) }))))
		})
	}
	other := profileBundle(func(o *spectrocloud.ProfileBundle) {
		o.Spec.Type = spectrocloud.BundleApplication
		o.Spec.ClusterProfiles = nil
	})
	assert.Equal(t, []string{"Invalid value: spec.type"}, said(update(t, other, profileBundle(nil))))
}

const first = "spec.workload.components[0]"

func TestAWorkloadProfileThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type S = spectrocloud.WorkloadProfileSpec
	type C = spectrocloud.Component
	of := func(change func(*C)) func(*S) { return func(s *S) { change(&s.Workload.Components[0]) } }
	output := func(change func(*spectrocloud.DefinitionOutputReference)) func(*S) {
		return of(func(c *C) { change(&c.DefinitionOutputRefs[0]) })
	}
	const ref = first + ".definitionOutputRefs[0]"
	for what, tc := range map[string]struct {
		change func(*S)
		want   []string
	}{
		"as it should be":             {func(*S) {}, nil},
		"the first revision":          {func(s *S) { s.RevisionOf = nil }, nil},
		"a revision of itself":        {func(s *S) { s.RevisionOf.Name = "inference-2" }, []string{"Invalid value: spec.revisionOf.name"}},
		"a revision of nothing":       {func(s *S) { s.RevisionOf.Name = "" }, []string{"Required value: spec.revisionOf.name"}},
		"no type":                     {func(s *S) { s.Type = "" }, []string{"Required value: spec.type"}},
		"a type of bundles":           {func(s *S) { s.Type = "Fullstack" }, []string{"Unsupported value: spec.type"}},
		"no workload":                 {func(s *S) { s.Workload = spectrocloud.WorkloadTemplate{} }, []string{"Required value: spec.workload.components"}},
		"no component":                {func(s *S) { s.Workload.Components = []C{} }, []string{"Required value: spec.workload.components"}},
		"64 components":               {func(s *S) { s.Workload.Components = many(64, component) }, nil},
		"65":                          {func(s *S) { s.Workload.Components = many(65, component) }, []string{"Too many: spec.workload.components"}},
		"a component twice":           {func(s *S) { s.Workload.Components = []C{component("a"), component("a")} }, []string{"Duplicate value: spec.workload.components[1]"}},
		"a component without a name":  {of(func(c *C) { c.Name = "" }), []string{"Required value: " + first + ".name"}},
		"a component of no type":      {of(func(c *C) { c.Type = "" }), []string{"Required value: " + first + ".type"}},
		"a type that is no name":      {of(func(c *C) { c.Type = "Web Service" }), []string{"Invalid value: " + first + ".type"}},
		"no properties":               {of(func(c *C) { c.Properties = nil }), nil},
		"a trait twice":               {of(func(c *C) { c.Traits = append(c.Traits, c.Traits[0]) }), nil},
		"a trait of no type":          {of(func(c *C) { c.Traits[0].Type = "" }), []string{"Required value: " + first + ".traits[0].type"}},
		"65 traits":                   {of(func(c *C) { c.Traits = slices.Repeat(c.Traits, 65) }), []string{"Too many: " + first + ".traits"}},
		"an output twice":             {of(func(c *C) { c.DefinitionOutputRefs = slices.Repeat(c.DefinitionOutputRefs, 2) }), []string{"Duplicate value: " + first + ".definitionOutputRefs[1]"}},
		"65 outputs":                  {of(func(c *C) { c.DefinitionOutputRefs = slices.Repeat(c.DefinitionOutputRefs, 65) }), []string{"Too many: " + first + ".definitionOutputRefs"}},
		"an output without a name":    {output(func(o *spectrocloud.DefinitionOutputReference) { o.Name = "" }), []string{"Required value: " + ref + ".name"}},
		"an output of two lines":      {output(func(o *spectrocloud.DefinitionOutputReference) { o.Name = "a\nb" }), []string{"Invalid value: " + ref + ".name"}},
		"an output of no field":       {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.Path = "" }), []string{"Required value: " + ref + ".pathRef.path"}},
		"a field in two lines":        {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.Path = ".a\n.b" }), []string{"Invalid value: " + ref + ".pathRef.path"}},
		"an output of no kind":        {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.Kind, o.PathRef.APIVersion = "", "" }), []string{"Required value: " + ref + ".pathRef.kind", "Required value: " + ref + ".pathRef.apiVersion"}},
		"a group that is no name":     {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.APIVersion = "a b/v1" }), []string{"Invalid value: " + ref + ".pathRef.apiVersion"}},
		"the core group":              {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.APIVersion = "v1" }), nil},
		"a label with a space":        {output(func(o *spectrocloud.DefinitionOutputReference) { o.PathRef.Labels["a"] = "b c" }), []string{"Invalid value: " + ref + ".pathRef.labels[a]"}},
		"a policy twice":              {func(s *S) { s.Workload.Policies = slices.Repeat(s.Workload.Policies, 2) }, []string{"Duplicate value: spec.workload.policies[1]"}},
		"a policy of no type or name": {func(s *S) { s.Workload.Policies[0] = spectrocloud.Policy{} }, []string{"Required value: spec.workload.policies[0].name", "Required value: spec.workload.policies[0].type"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, workloadProfile(func(o *spectrocloud.WorkloadProfile) { tc.change(&o.Spec) }))))
		})
	}
}

func TestPropertiesAreAJSONObjectThatAPersonMayHaveWritten(t *testing.T) {
	for what, tc := range map[string]struct {
		json string
		want string
	}{
		"an object":             {`{"a": [1, {"b": null}]}`, ""},
		"of nothing":            {`{}`, ""},
		"a number":              {`1`, "Invalid value"},
		"a list":                {`[{}]`, "Invalid value"},
		"null":                  {`null`, "Invalid value"},
		"nothing":               {``, "Invalid value"},
		"half an object":        {`{"a": `, "Invalid value"},
		"two objects":           {`{} {}`, "Invalid value"},
		"64 KiB":                {`{"a":"` + strings.Repeat("x", 64<<10-8) + `"}`, ""},
		"a byte more":           {`{"a":"` + strings.Repeat("x", 64<<10-7) + `"}`, "Too long"},
		"a well without bottom": {strings.Repeat(`{"a":`, 12_000) + `1` + strings.Repeat(`}`, 12_000), "Too long"},
		"one with a bottom":     {strings.Repeat(`{"":`, 10_001) + `1` + strings.Repeat(`}`, 10_001), "Invalid value"},
	} {
		t.Run(what, func(t *testing.T) {
			for where, set := range map[string]func(*spectrocloud.WorkloadTemplate, *runtime.RawExtension){
				first + ".properties": func(w *spectrocloud.WorkloadTemplate, p *runtime.RawExtension) { w.Components[0].Properties = p },
				first + ".traits[0].properties": func(w *spectrocloud.WorkloadTemplate, p *runtime.RawExtension) {
					w.Components[0].Traits[0].Properties = p
				},
				"spec.workload.policies[0].properties": func(w *spectrocloud.WorkloadTemplate, p *runtime.RawExtension) { w.Policies[0].Properties = p },
			} {
				errs := create(t, workloadProfile(func(o *spectrocloud.WorkloadProfile) { set(&o.Spec.Workload, properties(tc.json)) }))
				if tc.want == "" {
					assert.Empty(t, errs, where)
					continue
				}
				assert.Equal(t, []string{tc.want + ": " + where}, said(errs))
			}
		})
	}
}

func TestAWorkloadProfileNeverChanges(t *testing.T) {
	for what, change := range map[string]func(*spectrocloud.WorkloadProfileSpec){
		"name":     func(s *spectrocloud.WorkloadProfileSpec) { s.DisplayName = "Another" },
		"revision": func(s *spectrocloud.WorkloadProfileSpec) { s.RevisionOf = nil },
		"properties": func(s *spectrocloud.WorkloadProfileSpec) {
			s.Workload.Components[0].Properties = properties(`{"image":"b"}`)
		},
	} {
		changed := workloadProfile(func(o *spectrocloud.WorkloadProfile) { change(&o.Spec) })
		assert.Equal(t, []string{"Forbidden: spec"}, said(update(t, changed, workloadProfile(nil))), what)
	}
	labelled := workloadProfile(func(o *spectrocloud.WorkloadProfile) { o.Labels = map[string]string{"a": "b"} })
	assert.Empty(t, update(t, labelled, workloadProfile(nil)))
}
