// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestABadTenantIsToldItsField(t *testing.T) {
	pid := cluster.Component(localcluster.TenancyAPIServer).PID()
	families := `{"gpuResources": {"limits": {` + times(10_000, func(i int) string { return fmt.Sprintf(`"f%d": -1`, i) }) + `}}}`
	for name, test := range map[string]struct {
		spec string
		code int32
		says []string
	}{
		"a number for a text":       {`{"displayName": 5}`, 400, []string{"spec.displayName", "string"}},
		"a text for a number":       {limits("A100", `"8"`), 400, []string{"limits", "int32"}},
		"half a GPU":                {limits("A100", `1.5`), 400, []string{"limits", "int32"}},
		"a text for a list":         {`{"tenantRoleMapping": {"groups": "admin"}}`, 400, []string{"spec.tenantRoleMapping.groups", "[]string"}},
		"a list for a struct":       {`[]`, 400, []string{"spec", "TenantSpec"}},
		"an unknown field":          {`{"colour": "red"}`, 400, []string{`unknown field "spec.colour"`}},
		"an unknown field, deep":    {`{"gpuResources": {"limit": {"A100": 8}}}`, 400, []string{`unknown field "spec.gpuResources.limit"`}},
		"a field in the wrong case": {`{"displayname": "x"}`, 400, []string{`unknown field "spec.displayname"`}},
		"a field twice":             {`{"displayName": "x", "displayName": "y"}`, 400, []string{`duplicate field "spec.displayName"`}},

		"a quota that overflows":     {limits("A100", `99999999999`), 400, []string{"limits", "99999999999", "int32"}},
		"a quota that is enormous":   {limits("A100", `2147483647`), 422, []string{"spec.gpuResources.limits[A100]", "must be less than or equal to 1000000"}},
		"a negative limit":           {limits("A100", `-1`), 422, []string{"spec.gpuResources.limits[A100]", "must be greater than or equal to 0"}},
		"a negative request":         {`{"gpuResources": {"requests": {"A100": -2147483648}}}`, 422, []string{"spec.gpuResources.requests[A100]", "must be greater than or equal to 0"}},
		"a family without a name":    {limits("", `1`), 422, []string{"spec.gpuResources.limits"}},
		"a family with a space":      {limits("A 100", `1`), 422, []string{"spec.gpuResources.limits", "A 100"}},
		"default for Default":        {limits("default", `1`), 422, []string{"spec.gpuResources.limits[default]", "write Default"}},
		"10,000 families":            {families, 422, []string{"spec.gpuResources.limits", "64"}},
		"a displayName of 1 MiB":     {`{"displayName": ` + strconv.Quote(strings.Repeat("x", 1<<20)) + `}`, 422, []string{"spec.displayName", "253"}},
		"a displayName of two lines": {`{"displayName": "a\nb"}`, 422, []string{"spec.displayName", "control characters"}},
		"10,000 groups":              {groups(10000, "g"), 422, []string{"spec.tenantRoleMapping.groups", "64"}},
		"10,000 groups, each wrong":  {groups(10000, "system:"), 422, []string{"spec.tenantRoleMapping.groups", "64"}},
		"65 groups":                  {groups(65, "g"), 422, []string{"spec.tenantRoleMapping.groups", "65", "64"}},
		"a group twice":              {`{"tenantRoleMapping": {"groups": ["a", "b", "a"]}}`, 422, []string{"spec.tenantRoleMapping.groups[2]", "Duplicate"}},
		"a group without a name":     {`{"tenantRoleMapping": {"groups": [""]}}`, 422, []string{"spec.tenantRoleMapping.groups[0]"}},
		"a group of 1 MiB":           {`{"tenantRoleMapping": {"groups": [` + strconv.Quote(strings.Repeat("x", 1<<20)) + `]}}`, 422, []string{"spec.tenantRoleMapping.groups[0]", "253"}},
		"a system group of 1 MiB":    {`{"tenantRoleMapping": {"groups": [` + strconv.Quote("system:"+strings.Repeat("x", 1<<20)) + `]}}`, 422, []string{"spec.tenantRoleMapping.groups[0]", "253"}},
		"a group in white space":     {`{"tenantRoleMapping": {"groups": [" a"]}}`, 422, []string{"spec.tenantRoleMapping.groups[0]", "white space"}},
		"a reference to nothing":     {`{"settingsRef": {}}`, 422, []string{"spec.settingsRef.name", "Required"}},
		"a reference too far":        {`{"settingsRef": {"name": "x", "namespace": "elsewhere"}}`, 422, []string{"spec.settingsRef.namespace", "elsewhere", "palette-system"}},
		"a reference in bad letters": {`{"settingsRef": {"name": "X_Y"}}`, 422, []string{"spec.settingsRef.name", "lower case"}},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, post(t, tenants, asJSON, tenantWith(test.spec)), test.code, test.says...)
		})
	}
	requireHealthy(t, pid)
}

// TestANameHasToFitANamespace is about both kinds, since both name one.
func TestANameHasToFitANamespace(t *testing.T) {
	host := framework.Name("host")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(host), metav1.CreateOptions{})
	require.NoError(t, err)
	for name, says := range map[string]string{
		strings.Repeat("a", 64):   "63",
		strings.Repeat("a", 5000): "63",
		"Upper":                   "lower case",
		"a.dot":                   "must not contain dots",
		"under_score":             "lower case",
		"-dash":                   "start and end with an alphanumeric",
		"ünicode":                 "lower case",
	} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(name), metav1.CreateOptions{})
			refused(t, err, 422, "metadata.name", says)
			_, err = cluster.Admin.Projects(name).Create(t.Context(), framework.Project(name, host), metav1.CreateOptions{})
			refused(t, err, 422, "metadata.name", says)
			project := framework.Project(framework.Name("fits"), name)
			_, err = cluster.Admin.Projects(project.Namespace).Create(t.Context(), project, metav1.CreateOptions{})
			refused(t, err, 422, "spec.tenantRef.name", says)
		})
	}
	longest := strings.Repeat("a", 63)
	_, err = cluster.Admin.Projects(longest).Create(t.Context(), framework.Project(longest, host), metav1.CreateOptions{})
	require.NoError(t, err, "63 characters fit")
}

func TestABadProjectIsToldItsField(t *testing.T) {
	host := framework.Tenant(framework.Name("host"))
	host.Spec.GPUResources.Limits = v1alpha1.GPUCounts{"A100": 8, "Default": 2}
	_, err := cluster.Admin.Tenants().Create(t.Context(), host, metav1.CreateOptions{})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		change func(*v1alpha1.Project)
		says   []string
	}{
		"no Tenant":            {func(p *v1alpha1.Project) { p.Spec.TenantRef.Name = "" }, []string{"spec.tenantRef.name", "Required"}},
		"a Tenant of nobody":   {func(p *v1alpha1.Project) { p.Spec.TenantRef.Name = "nobody" }, []string{"spec.tenantRef.name", "Not found", "nobody"}},
		"more than the Tenant": {func(p *v1alpha1.Project) { p.Spec.GPUResources.Limits = v1alpha1.GPUCounts{"A100": 9} }, []string{"spec.gpuResources.limits[A100]", "9", "at most 8", host.Name}},
		"more than Default":    {func(p *v1alpha1.Project) { p.Spec.GPUResources.Limits = v1alpha1.GPUCounts{"L4": 3} }, []string{"spec.gpuResources.limits[L4]", "3", "at most 2"}},
		"a reference too far": {func(p *v1alpha1.Project) {
			p.Spec.ComputeConfigRef = &v1alpha1.ResourceReference{Name: "x", Namespace: "elsewhere"}
		}, []string{"spec.computeConfigRef.namespace", "elsewhere", host.Name}},
		"a role for a system group":  {func(p *v1alpha1.Project) { p.Spec.RoleMapping.Editor = []string{"a", "system:nodes"} }, []string{"spec.roleMapping.editor[1]", "reserved"}},
		"annotations of 300 KiB":     {func(p *v1alpha1.Project) { p.Annotations = map[string]string{"a": strings.Repeat("x", 300<<10)} }, []string{"metadata.annotations", "262144"}},
		"a label that is no label":   {func(p *v1alpha1.Project) { p.Labels = map[string]string{"a b": "c"} }, []string{"metadata.labels", "a b"}},
		"a finalizer without domain": {func(p *v1alpha1.Project) { p.Finalizers = []string{"mine!"} }, []string{"metadata.finalizers"}},
	} {
		t.Run(name, func(t *testing.T) {
			project := framework.Project(framework.Name("bad"), host.Name)
			test.change(project)
			_, err := cluster.Admin.Projects(project.Namespace).Create(t.Context(), project, metav1.CreateOptions{})
			refused(t, err, 422, test.says...)
		})
	}
}

// TestUnknownFieldsAreWarnedOf is what kubectl's --validate=warn and clients without a wish get.
func TestUnknownFieldsAreWarnedOf(t *testing.T) {
	for mode, warns := range map[string]bool{"Warn": true, "Ignore": false, "": true} {
		recorded := &recorder{}
		request := cluster.Admin.REST().Post().AbsPath(tenants).SetHeader("Content-Type", asJSON).WarningHandler(recorded).
			Body(tenantWith(`{"colour": "red", "displayName": "x", "displayName": "y"}`))
		if mode != "" {
			request = request.Param("fieldValidation", mode)
		}
		require.NoError(t, request.Do(t.Context()).Error(), mode)
		if warns {
			assert.Equal(t, []string{`unknown field "spec.colour"`, `duplicate field "spec.displayName"`}, recorded.texts, mode)
		} else {
			assert.Empty(t, recorded.texts, mode)
		}
	}
}

type recorder struct{ texts []string }

// HandleWarningHeader implements rest.WarningHandler.
func (r *recorder) HandleWarningHeader(_ int, _, text string) { r.texts = append(r.texts, text) }
