// SPDX-License-Identifier: Apache-2.0

package strategy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/registry/strategy"
)

var (
	_ rest.RESTCreateStrategy            = strategy.Strategy{}
	_ rest.RESTUpdateStrategy            = strategy.Strategy{}
	_ rest.RESTDeleteStrategy            = strategy.Strategy{}
	_ rest.DeclarativeValidationStrategy = strategy.Strategy{}
	_ rest.ResetFieldsStrategy           = strategy.Strategy{}
	_ rest.RESTUpdateStrategy            = strategy.Status{}
	_ rest.ResetFieldsStrategy           = strategy.Status{}
)

// errs are of a rule by that name.
func errs(rule string) field.ErrorList {
	return field.ErrorList{field.Forbidden(field.NewPath(rule), "")}
}

// full is of a kind that has all that there is: a status of which a part is kept, a finalizer, a spec to normalize.
var full = strategy.New(runtime.NewScheme(), strategy.Rules[spectrocloud.Project, spectrocloud.ProjectSpec, spectrocloud.ProjectStatus]{
	Version: "v7", Namespaced: true, Finalized: true,
	Spec:   func(p *spectrocloud.Project) *spectrocloud.ProjectSpec { return &p.Spec },
	Status: func(p *spectrocloud.Project) *spectrocloud.ProjectStatus { return &p.Status },
	Normalize: func(spec *spectrocloud.ProjectSpec) {
		if spec.DisplayName == "acme" {
			spec.DisplayName = "Acme"
		}
	},
	KeepInStatus:         func(status, old *spectrocloud.ProjectStatus) { status.TenantGroups = old.TenantGroups },
	Kept:                 []fieldpath.Path{fieldpath.MakePathOrDie("status", "tenantGroups")},
	Validate:             func(*spectrocloud.Project) field.ErrorList { return errs("create") },
	ValidateUpdate:       func(_, _ *spectrocloud.Project) field.ErrorList { return errs("update") },
	ValidateStatusUpdate: func(_, _ *spectrocloud.Project) field.ErrorList { return errs("status") },
})

// bare is of a kind that has neither status nor finalizer.
var bare = strategy.New(runtime.NewScheme(), strategy.Rules[spectrocloud.Settings, spectrocloud.SettingsSpec, strategy.None]{
	Version: "v7", Spec: func(s *spectrocloud.Settings) *spectrocloud.SettingsSpec { return &s.Spec },
})

func stored() *spectrocloud.Project {
	return &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Namespace: "acme", Generation: 4, Labels: map[string]string{"a": "b"}, Finalizers: []string{spectrocloud.Finalizer}},
		Spec:       spectrocloud.ProjectSpec{DisplayName: "Acme"},
		Status:     spectrocloud.ProjectStatus{GPUUsage: spectrocloud.GPUCounts{"A100": 4}, TenantGroups: []string{"sre"}},
	}
}

func TestANewObjectStartsWithoutStatusInItsFirstGeneration(t *testing.T) {
	project := stored()
	project.Spec.DisplayName = "acme"
	full.PrepareForCreate(t.Context(), project)
	want := stored()
	want.Status, want.Generation = spectrocloud.ProjectStatus{}, 1
	assert.Equal(t, want, project)

	settings := &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Generation: 9}}
	bare.PrepareForCreate(t.Context(), settings)
	assert.Equal(t, &spectrocloud.Settings{ObjectMeta: metav1.ObjectMeta{Generation: 1}}, settings)
}

func TestAnUpdateKeepsTheStatusAndCountsChangesOfTheSpec(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*spectrocloud.Project)
		generation int64
	}{
		"nothing":                    {func(*spectrocloud.Project) {}, 4},
		"the spec":                   {func(p *spectrocloud.Project) { p.Spec.DisplayName = "Acme, Inc." }, 5},
		"the spec, in other words":   {func(p *spectrocloud.Project) { p.Spec.DisplayName = "acme" }, 4},
		"none, where there was none": {func(p *spectrocloud.Project) { p.Spec.RoleMapping.Viewer = []string{} }, 4},
		"a label":                    {func(p *spectrocloud.Project) { p.Labels["c"] = "d" }, 4},
		"the status":                 {func(p *spectrocloud.Project) { p.Status = spectrocloud.ProjectStatus{} }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			updated := stored()
			tc.change(updated)
			full.PrepareForUpdate(t.Context(), updated, stored())
			assert.Equal(t, stored().Status, updated.Status)
			assert.Equal(t, tc.generation, updated.Generation)
		})
	}
	old, renamed := &spectrocloud.Settings{}, &spectrocloud.Settings{Spec: spectrocloud.SettingsSpec{DisplayName: "x"}}
	bare.PrepareForUpdate(t.Context(), renamed, old)
	assert.Equal(t, int64(1), renamed.Generation)
}

// What decides on a write puts its verdict into the new object, and must not find the old one in it.
func TestAnUpdateSharesNoStatusWithTheOldObject(t *testing.T) {
	old, updated := stored(), stored()
	full.PrepareForUpdate(t.Context(), updated, old)
	updated.Status.GPUUsage["A100"], updated.Status.TenantGroups[0] = 5, "changed"
	assert.Equal(t, stored(), old)
}

func TestALiveObjectKeepsTheFinalizerAndADyingOneMayLoseIt(t *testing.T) {
	now := metav1.Now()
	ours := []string{spectrocloud.Finalizer}
	for name, tc := range map[string]struct {
		object metav1.ObjectMeta
		want   []string
	}{
		"new":                       {metav1.ObjectMeta{}, ours},
		"with it":                   {metav1.ObjectMeta{Finalizers: ours}, ours},
		"with someone else's":       {metav1.ObjectMeta{Finalizers: []string{"a/b"}}, []string{"a/b", spectrocloud.Finalizer}},
		"dying, freed by hand":      {metav1.ObjectMeta{DeletionTimestamp: &now}, nil},
		"dying, yet to be finished": {metav1.ObjectMeta{DeletionTimestamp: &now, Finalizers: ours}, ours},
	} {
		t.Run(name, func(t *testing.T) {
			created, updated := &spectrocloud.Project{ObjectMeta: tc.object}, &spectrocloud.Project{ObjectMeta: tc.object}
			full.PrepareForCreate(t.Context(), created)
			assert.Equal(t, tc.want, created.Finalizers)
			full.PrepareForUpdate(t.Context(), updated, stored())
			assert.Equal(t, tc.want, updated.Finalizers)
		})
	}
	settings := &spectrocloud.Settings{}
	bare.PrepareForCreate(t.Context(), settings)
	assert.Empty(t, settings.Finalizers)
}

func TestAStatusUpdateKeepsEverythingElse(t *testing.T) {
	updated := stored()
	updated.Spec.DisplayName, updated.Labels, updated.Finalizers = "changed", map[string]string{"changed": "yes"}, nil
	updated.Status = spectrocloud.ProjectStatus{GPUUsage: spectrocloud.GPUCounts{"A100": 5}, TenantGroups: []string{"forged"}}
	full.ForStatus().PrepareForUpdate(t.Context(), updated, stored())
	want := stored()
	want.Status.GPUUsage = spectrocloud.GPUCounts{"A100": 5}
	assert.Equal(t, want, updated)
}

func TestEachWriteMeetsItsOwnRules(t *testing.T) {
	s := full
	assert.Equal(t, errs("create"), s.Validate(t.Context(), stored()))
	assert.Equal(t, errs("update"), s.ValidateUpdate(t.Context(), stored(), stored()))
	assert.Equal(t, errs("status"), s.ForStatus().ValidateUpdate(t.Context(), stored(), stored()))
	assert.True(t, s.NamespaceScoped())
	assert.False(t, bare.NamespaceScoped())
	assert.False(t, s.AllowCreateOnUpdate(t.Context()))
	assert.True(t, s.AllowUnconditionalUpdate(t.Context()))
}

func TestWhatAWriteLeavesAloneGetsNoOwner(t *testing.T) {
	path := fieldpath.MakePathOrDie
	for name, tc := range map[string]struct {
		sets    map[fieldpath.APIVersion]*fieldpath.Set
		has, no []fieldpath.Path
	}{
		"of an object": {full.GetResetFields(), []fieldpath.Path{path("status")}, []fieldpath.Path{path("spec"), path("metadata")}},
		"of a status": {full.ForStatus().GetResetFields(),
			[]fieldpath.Path{path("spec"), path("metadata"), path("status", "tenantGroups")}, []fieldpath.Path{path("status"), path("status", "gpuUsage")}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Len(t, tc.sets, 1)
			set := tc.sets["spectrocloud.com/v7"]
			for _, path := range tc.has {
				assert.True(t, set.Has(path), path)
			}
			for _, path := range tc.no {
				assert.False(t, set.Has(path), path)
			}
		})
	}
	assert.Empty(t, bare.GetResetFields())
	assert.False(t, bare.HasStatus())
	assert.True(t, full.HasStatus())
}
