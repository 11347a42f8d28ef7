// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestEffectiveSettingsAreTheProjectsAboveItsTenants(t *testing.T) {
	tenant, project := framework.Name("tenant"), framework.Name("project")
	ours := framework.Tenant(tenant, "team")
	ours.Spec.SettingsRef = &v1alpha1.ResourceReference{Name: "default"}
	_, err := cluster.Admin.Tenants().Create(t.Context(), ours, metav1.CreateOptions{})
	require.NoError(t, err)
	theirs := framework.Project(project, tenant)
	theirs.Spec.SettingsRef = &v1alpha1.ResourceReference{Name: "own"}
	_, err = cluster.Admin.Projects(project).Create(t.Context(), theirs, metav1.CreateOptions{})
	require.NoError(t, err)
	read := func() *v1alpha1.EffectiveSettings {
		effective, err := cluster.Admin.Projects(project).GetEffectiveSettings(t.Context(), project, metav1.GetOptions{})
		require.NoError(t, err)
		return effective
	}
	source := func(kind, namespace, name string, missing bool) v1alpha1.SettingsSource {
		return v1alpha1.SettingsSource{Kind: kind, Namespace: namespace, Name: name, Missing: missing}
	}
	assert.Equal(t, []v1alpha1.SettingsSource{source("Tenant", tenant, "default", true), source("Project", project, "own", true)}, read().Sources)

	cluster.ProjectReady(t, project)
	for namespace, spec := range map[string]string{
		tenant:  `"palette": {"secretRef": {"name": "creds"}, "hostURL": "https://palette.example.com", "tenant": "acme"}`,
		project: `"palette": {"tenant": "web"}, "nvidiaNGC": {"organization": "web"}`,
	} {
		name := map[string]string{tenant: "default", project: "own"}[namespace]
		cluster.MustKubectl(t, `{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Settings",
			"metadata": {"name": "`+name+`", "namespace": "`+namespace+`"}, "spec": {"integrations": {`+spec+`}}}`, "create", "-f", "-")
	}
	effective := read()
	assert.Equal(t, v1alpha1.Integrations{
		Palette: &v1alpha1.PaletteIntegration{SecretRef: &v1alpha1.SecretKeyReference{Name: "creds", Namespace: tenant, Key: "palette"},
			HostURL: "https://palette.example.com", Tenant: "web"},
		NVIDIANGC: &v1alpha1.NVIDIANGCIntegration{Organization: "web"},
	}, effective.Integrations)
	assert.Equal(t, []v1alpha1.SettingsSource{source("Tenant", tenant, "default", false), source("Project", project, "own", false)}, effective.Sources)
	assert.Equal(t, project, effective.Name)
	out := cluster.MustKubectl(t, "", "get", "project", project, "-n", project, "--subresource=effectivesettings")
	assert.Equal(t, []string{"INTEGRATION", "FIELD", "VALUE"}, headers(out))
	assert.Contains(t, out, tenant+"/creds:palette")
}
