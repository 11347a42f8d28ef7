// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

// said are the errors as "type: field", which is what clients can rely on.
func said(errs field.ErrorList) []string {
	var all []string
	for _, err := range errs {
		all = append(all, fmt.Sprintf("%s: %s", err.Type, err.Field))
	}
	return all
}

func groups(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("group-%d", i)
	}
	return all
}

func families(n int) spectrocloud.GPUCounts {
	all := spectrocloud.GPUCounts{}
	for i := range n {
		all[fmt.Sprintf("family-%d", i)] = 1
	}
	return all
}

func quota(name, quantity string) *spectrocloud.NamespaceQuota {
	return &spectrocloud.NamespaceQuota{Hard: map[string]resource.Quantity{name: resource.MustParse(quantity)}}
}

func quotas(n int) *spectrocloud.NamespaceQuota {
	all := quota("pods", "1")
	for i := range n - 1 {
		all.Hard[fmt.Sprintf("count/kind-%d", i)] = resource.MustParse("1")
	}
	return all
}

func tenant(change func(*spectrocloud.Tenant)) *spectrocloud.Tenant {
	tenant := &spectrocloud.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", ResourceVersion: "1"},
		Spec: spectrocloud.TenantSpec{
			DisplayName:       "Acme, Inc.",
			SettingsRef:       &spectrocloud.ResourceReference{Name: "settings", Namespace: "acme"},
			TenantRoleMapping: spectrocloud.TenantRoleMapping{Groups: []string{"admin", "sre"}},
			GPUResources:      spectrocloud.GPUResources{Limits: spectrocloud.GPUCounts{"NVIDIA-A100": 64, "Default": 8}},
		},
	}
	if change != nil {
		change(tenant)
	}
	return tenant
}

func project(change func(*spectrocloud.Project)) *spectrocloud.Project {
	project := &spectrocloud.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "web", ResourceVersion: "1"},
		Spec: spectrocloud.ProjectSpec{
			DisplayName:      "Web",
			TenantRef:        spectrocloud.TenantReference{Name: "acme"},
			SettingsRef:      &spectrocloud.ResourceReference{Name: "settings"},
			ComputeConfigRef: &spectrocloud.ResourceReference{Name: "edge", Namespace: "web"},
			RoleMapping:      spectrocloud.RoleMapping{Viewer: []string{"all"}, Editor: []string{"dev"}, Admin: []string{"all", "lead"}},
		},
	}
	if change != nil {
		change(project)
	}
	return project
}

// The rules that Tenants and Projects share are tried on Tenants.
func TestATenantThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type T = spectrocloud.Tenant
	for name, tc := range map[string]struct {
		change func(*T)
		want   []string
	}{
		"as it should be":                   {nil, nil},
		"nothing but a name":                {func(o *T) { o.Spec = spectrocloud.TenantSpec{} }, nil},
		"the longest name that fits":        {func(o *T) { o.Name, o.Spec.SettingsRef = strings.Repeat("a", 63), nil }, nil},
		"a name too long for a namespace":   {func(o *T) { o.Name, o.Spec.SettingsRef = strings.Repeat("a", 64), nil }, []string{"Invalid value: metadata.name"}},
		"a name with a dot":                 {func(o *T) { o.Name, o.Spec.SettingsRef = "a.b", nil }, []string{"Invalid value: metadata.name"}},
		"a name in capitals":                {func(o *T) { o.Name, o.Spec.SettingsRef = "Acme", nil }, []string{"Invalid value: metadata.name"}},
		"default":                           {func(o *T) { o.Name, o.Spec.SettingsRef = "default", nil }, []string{"Invalid value: metadata.name"}},
		"kube-system":                       {func(o *T) { o.Name, o.Spec.SettingsRef = "kube-system", nil }, []string{"Invalid value: metadata.name"}},
		"any kube- there may come":          {func(o *T) { o.Name, o.Spec.SettingsRef = "kube-x", nil }, []string{"Invalid value: metadata.name"}},
		"kubernetes, which is no kube-":     {func(o *T) { o.Name, o.Spec.SettingsRef = "kubernetes", nil }, nil},
		"the system namespace":              {func(o *T) { o.Name, o.Spec.SettingsRef = "palette-system", nil }, []string{"Invalid value: metadata.name"}},
		"the server's namespace":            {func(o *T) { o.Name, o.Spec.SettingsRef = "tenancy", nil }, []string{"Invalid value: metadata.name"}},
		"the longest display name":          {func(o *T) { o.Spec.DisplayName = strings.Repeat("ä", 253) }, nil},
		"a display name too long":           {func(o *T) { o.Spec.DisplayName = strings.Repeat("a", 254) }, []string{"Too long: spec.displayName"}},
		"a display name of two lines":       {func(o *T) { o.Spec.DisplayName = "a\nb" }, []string{"Invalid value: spec.displayName"}},
		"settings without a name":           {func(o *T) { o.Spec.SettingsRef.Name = "" }, []string{"Required value: spec.settingsRef.name"}},
		"settings by a bad name":            {func(o *T) { o.Spec.SettingsRef.Name = "a/b" }, []string{"Invalid value: spec.settingsRef.name"}},
		"settings of another Tenant":        {func(o *T) { o.Spec.SettingsRef.Namespace = "other" }, []string{"Unsupported value: spec.settingsRef.namespace"}},
		"settings of the system":            {func(o *T) { o.Spec.SettingsRef.Namespace = "palette-system" }, nil},
		"64 groups":                         {func(o *T) { o.Spec.TenantRoleMapping.Groups = groups(64) }, nil},
		"a Pod Security level that is none": {func(o *T) { o.Spec.Isolation.PodSecurity = "strict" }, []string{"Unsupported value: spec.isolation.podSecurity"}},
		"a boundary that is none":           {func(o *T) { o.Spec.Isolation.Network = "tenant" }, []string{"Unsupported value: spec.isolation.network"}},
		"a way of pulling that is none":     {func(o *T) { o.Spec.Isolation.ImagePull = "Never" }, []string{"Unsupported value: spec.isolation.imagePull"}},
		"65 quotas":                         {func(o *T) { o.Spec.Isolation.Quota = quotas(65) }, []string{"Too many: spec.isolation.quota.hard"}},
		"65 groups":                         {func(o *T) { o.Spec.TenantRoleMapping.Groups = groups(65) }, []string{"Too many: spec.tenantRoleMapping.groups"}},
		"10,000 groups, in one error":       {func(o *T) { o.Spec.TenantRoleMapping.Groups = groups(10000) }, []string{"Too many: spec.tenantRoleMapping.groups"}},
		"10,000 groups, each wrong": {func(o *T) {
			o.Spec.TenantRoleMapping.Groups = groups(10000)
			for i := range o.Spec.TenantRoleMapping.Groups {
				o.Spec.TenantRoleMapping.Groups[i] = "system:" + o.Spec.TenantRoleMapping.Groups[i]
			}
		}, []string{"Too many: spec.tenantRoleMapping.groups"}},
		"a system group of 1 MiB": {func(o *T) {
			o.Spec.TenantRoleMapping.Groups = []string{"system:" + strings.Repeat("a", 1<<20)}
		}, []string{"Too long: spec.tenantRoleMapping.groups[0]"}},
		"a group twice":                         {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{"a", "b", "a"} }, []string{"Duplicate value: spec.tenantRoleMapping.groups[2]"}},
		"a group without a name":                {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{""} }, []string{"Too short: spec.tenantRoleMapping.groups[0]"}},
		"a group's name too long":               {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{strings.Repeat("a", 254)} }, []string{"Too long: spec.tenantRoleMapping.groups[0]"}},
		"the group of all admins":               {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{"system:masters"} }, []string{"Invalid value: spec.tenantRoleMapping.groups[0]"}},
		"that group with a space before":        {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{" system:masters"} }, []string{"Invalid value: spec.tenantRoleMapping.groups[0]"}},
		"a group with a line break":             {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{"a\tb"} }, []string{"Invalid value: spec.tenantRoleMapping.groups[0]"}},
		"a group as Keycloak names them":        {func(o *T) { o.Spec.TenantRoleMapping.Groups = []string{"/org/team a", "oidc:x"} }, nil},
		"64 families":                           {func(o *T) { o.Spec.GPUResources.Requests = families(64) }, nil},
		"65 families":                           {func(o *T) { o.Spec.GPUResources.Requests = families(65) }, []string{"Too many: spec.gpuResources.requests"}},
		"no GPU at all":                         {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"a": 0} }, nil},
		"fewer than none":                       {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"a": -1} }, []string{"Invalid value: spec.gpuResources.limits[a]"}},
		"a million":                             {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"a": 1000000} }, nil},
		"more, which sums could overflow with":  {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"a": 1000001} }, []string{"Invalid value: spec.gpuResources.limits[a]"}},
		"a family that is no name":              {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"a b": 1} }, []string{"Invalid value: spec.gpuResources.limits"}},
		"a family without a name":               {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"": 1} }, []string{"Too short: spec.gpuResources.limits"}},
		"a family's name too long":              {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{strings.Repeat("a", 64): 1} }, []string{"Invalid value: spec.gpuResources.limits"}},
		"default, which would limit no family":  {func(o *T) { o.Spec.GPUResources.Limits = spectrocloud.GPUCounts{"default": 1} }, []string{"Invalid value: spec.gpuResources.limits[default]"}},
		"DEFAULT among requests, the same":      {func(o *T) { o.Spec.GPUResources.Requests = spectrocloud.GPUCounts{"DEFAULT": 1} }, []string{"Invalid value: spec.gpuResources.requests[DEFAULT]"}},
		"two things at once, each with a field": {func(o *T) { o.Spec.DisplayName, o.Spec.SettingsRef.Name = "\x00", "" }, []string{"Required value: spec.settingsRef.name", "Invalid value: spec.displayName"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, tenant(tc.change))))
		})
	}
}

func TestAProjectThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type P = spectrocloud.Project
	for name, tc := range map[string]struct {
		change func(*P)
		want   []string
	}{
		"as it should be":                     {nil, nil},
		"nothing but a Tenant":                {func(o *P) { o.Spec = spectrocloud.ProjectSpec{TenantRef: o.Spec.TenantRef} }, nil},
		"without a Tenant":                    {func(o *P) { o.Spec.TenantRef.Name = "" }, []string{"Required value: spec.tenantRef.name"}},
		"a Tenant by a bad name":              {func(o *P) { o.Spec.TenantRef.Name = "A" }, []string{"Invalid value: spec.tenantRef.name"}},
		"in a namespace of another name":      {func(o *P) { o.Namespace = "other"; o.Spec.ComputeConfigRef = nil }, []string{"Invalid value: metadata.name"}},
		"in kube-system":                      {func(o *P) { o.Name, o.Namespace, o.Spec.ComputeConfigRef = "kube-system", "kube-system", nil }, []string{"Invalid value: metadata.namespace"}},
		"in default":                          {func(o *P) { o.Name, o.Namespace, o.Spec.ComputeConfigRef = "default", "default", nil }, []string{"Invalid value: metadata.namespace"}},
		"settings of its Tenant":              {func(o *P) { o.Spec.SettingsRef.Namespace = "acme" }, nil},
		"settings of another Tenant":          {func(o *P) { o.Spec.SettingsRef.Namespace = "other" }, []string{"Unsupported value: spec.settingsRef.namespace"}},
		"a compute config of the system":      {func(o *P) { o.Spec.ComputeConfigRef.Namespace = "palette-system" }, nil},
		"a compute config of another Project": {func(o *P) { o.Spec.ComputeConfigRef.Namespace = "other" }, []string{"Unsupported value: spec.computeConfigRef.namespace"}},
		"the group of everyone":               {func(o *P) { o.Spec.RoleMapping.Viewer = []string{"system:authenticated"} }, []string{"Invalid value: spec.roleMapping.viewer[0]"}},
		"service accounts as editors":         {func(o *P) { o.Spec.RoleMapping.Editor = []string{"system:serviceaccounts"} }, []string{"Invalid value: spec.roleMapping.editor[0]"}},
		"masters as admins":                   {func(o *P) { o.Spec.RoleMapping.Admin = []string{"ok", "system:masters"} }, []string{"Invalid value: spec.roleMapping.admin[1]"}},
		"a group twice in a tier":             {func(o *P) { o.Spec.RoleMapping.Admin = []string{"a", "a"} }, []string{"Duplicate value: spec.roleMapping.admin[1]"}},
		"65 groups in a tier":                 {func(o *P) { o.Spec.RoleMapping.Editor = groups(65) }, []string{"Too many: spec.roleMapping.editor"}},
		"a quota below zero":                  {func(o *P) { o.Spec.GPUResources.Requests = spectrocloud.GPUCounts{"a": -1} }, []string{"Invalid value: spec.gpuResources.requests[a]"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, project(tc.change))))
		})
	}
}

func TestAProjectNeverMovesToAnotherTenant(t *testing.T) {
	moved := project(func(p *spectrocloud.Project) { p.Spec.TenantRef.Name, p.Spec.SettingsRef = "other", nil })
	assert.Equal(t, []string{"Invalid value: spec.tenantRef.name"}, said(update(t, moved, project(nil))))
}

func TestWhatAnUpdateChangesMeetsTheRules(t *testing.T) {
	broken := tenant(func(o *spectrocloud.Tenant) { o.Spec.TenantRoleMapping.Groups = []string{"system:masters"} })
	assert.Equal(t, []string{"Invalid value: spec.tenantRoleMapping.groups[0]"}, said(update(t, broken, tenant(nil))))
	renamed := tenant(func(o *spectrocloud.Tenant) { o.Name, o.Spec.SettingsRef = "other", nil })
	assert.Contains(t, said(update(t, renamed, tenant(nil))), "Invalid value: metadata.name")
}

// A rule made later, or another system namespace, must not keep a stored object from being finalized.
func TestWhatAnUpdateLeavesAsStoredIsNotJudgedAgain(t *testing.T) {
	stored := tenant(func(o *spectrocloud.Tenant) {
		o.Name, o.Spec.SettingsRef = "palette-system", nil
		o.Spec.TenantRoleMapping.Groups, o.Spec.GPUResources.Limits = []string{"system:masters"}, spectrocloud.GPUCounts{"a": -1}
		o.Finalizers = []string{spectrocloud.Finalizer}
	})
	finalized := stored.DeepCopy()
	finalized.Finalizers = nil
	assert.Empty(t, update(t, finalized, stored))

	project := project(func(p *spectrocloud.Project) { p.Spec.RoleMapping.Admin = []string{"system:masters"} })
	labelled := project.DeepCopy()
	labelled.Labels = map[string]string{"a": "b"}
	assert.Empty(t, update(t, labelled, project))
}

func TestAStatusOfNonsenseIsRefused(t *testing.T) {
	old := tenant(nil)
	for name, tc := range map[string]struct {
		status spectrocloud.TenantStatus
		want   []string
	}{
		"5000 groups":              {spectrocloud.TenantStatus{ProjectGroups: groups(5000)}, nil},
		"5001 groups":              {spectrocloud.TenantStatus{ProjectGroups: groups(5001)}, []string{"Too many: status.projectGroups"}},
		"fewer than no Projects":   {spectrocloud.TenantStatus{Projects: -1}, []string{"Invalid value: status.projects"}},
		"fewer than no GPUs":       {spectrocloud.TenantStatus{GPUUsage: map[string]spectrocloud.GPUCounts{"web": {"a": -1}}}, []string{"Invalid value: status.gpuUsage[web][a]"}},
		"a condition with no time": {spectrocloud.TenantStatus{Conditions: []metav1.Condition{{Type: "Ready", Status: "True", Reason: "R"}}}, []string{"Required value: status.conditions[0].lastTransitionTime"}},
		"a condition twice": {spectrocloud.TenantStatus{Conditions: []metav1.Condition{
			{Type: "Ready", Status: "True", Reason: "R", LastTransitionTime: metav1.Now()}, {Type: "Ready", Status: "True", Reason: "R", LastTransitionTime: metav1.Now()},
		}}, []string{"Duplicate value: status.conditions[1]"}},
	} {
		t.Run(name, func(t *testing.T) {
			updated := tenant(func(o *spectrocloud.Tenant) { o.Status = tc.status })
			assert.ElementsMatch(t, tc.want, said(validation.ValidateTenantStatusUpdate(updated, old)))
		})
	}
	crowded := project(func(p *spectrocloud.Project) { p.Status.TenantGroups = groups(5001) })
	assert.Equal(t, []string{"Too many: status.tenantGroups"}, said(validation.ValidateProjectStatusUpdate(crowded, project(nil))))
	negative := project(func(p *spectrocloud.Project) { p.Status.GPUUsage = spectrocloud.GPUCounts{"a": -1} })
	assert.Equal(t, []string{"Invalid value: status.gpuUsage[a]"}, said(validation.ValidateProjectStatusUpdate(negative, project(nil))))
}

// A kind that is added to the scheme needs rules.
func TestNoKindLacksAValidator(t *testing.T) {
	for kind, goType := range scheme.KnownTypes(spectrocloud.SchemeGroupVersion) {
		if isOurs := strings.HasSuffix(goType.PkgPath(), "apis/spectrocloud"); isOurs && !strings.HasSuffix(kind, "List") && unvalidated[kind] == "" {
			assert.Contains(t, byHand, kind, "%s has no validator that is tested here", kind)
		}
	}
}
