// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/yaml"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// TestTheSeedsTenantAndProject is the tour of a newcomer, with the YAML that the documentation prints.
func TestTheSeedsTenantAndProject(t *testing.T) {
	tenantYAML, projectYAML := filepath.Join(samples(t), "01-tenant.yaml"), filepath.Join(samples(t), "02-project.yaml")
	assert.Equal(t, "tenant.spectrocloud.com/primary-dev created\n", cluster.MustKubectl(t, "", "apply", "-f", tenantYAML))
	assert.Equal(t, "project.spectrocloud.com/project-a created\n", cluster.MustKubectl(t, "", "apply", "-f", projectYAML))
	assert.Equal(t, "project.spectrocloud.com/project-a unchanged\n", cluster.MustKubectl(t, "", "apply", "-f", projectYAML))
	cluster.MustKubectl(t, "", "wait", "--for=condition=Ready", "--timeout=45s", "tenant/primary-dev")
	cluster.MustKubectl(t, "", "wait", "--for=condition=Ready", "--timeout=45s", "-n", "project-a", "project/project-a")

	// What the sample says is what is stored, field by field.
	tenant, err := cluster.Admin.Tenants().Get(t.Context(), "primary-dev", metav1.GetOptions{})
	require.NoError(t, err)
	var wantTenant v1alpha1.Tenant
	unmarshal(t, tenantYAML, &wantTenant)
	assert.Equal(t, wantTenant.Spec, tenant.Spec)
	project, err := cluster.Admin.Projects("project-a").Get(t.Context(), "project-a", metav1.GetOptions{})
	require.NoError(t, err)
	var wantProject v1alpha1.Project
	unmarshal(t, projectYAML, &wantProject)
	assert.Equal(t, wantProject.Spec, project.Spec)

	t.Run("get prints columns worth reading", func(t *testing.T) {
		framework.Eventually(t, "the Tenant to count its Project", columns([]string{"primary-dev", "Primary Dev", "1", "True"}, "get", "tenants", "primary-dev"))
		framework.Eventually(t, "the Project", columns([]string{"project-a", "primary-dev", "Project A", "True"}, "get", "-n", "project-a", "projects"))
		all := cluster.MustKubectl(t, "", "get", "projects", "-A")
		assert.Equal(t, []string{"NAMESPACE", "NAME", "TENANT", "DISPLAY NAME", "READY", "AGE"}, headers(all))
		assert.Contains(t, all, "project-a ")
		assert.Equal(t, []string{"NAME", "DISPLAY NAME", "PROJECTS", "READY", "AGE"}, headers(cluster.MustKubectl(t, "", "get", "tenants")))
		wide := headers(cluster.MustKubectl(t, "", "get", "tenants", "-o", "wide"))
		assert.Contains(t, wide, "REASON")
	})
	t.Run("short names and the category work", func(t *testing.T) {
		assert.Equal(t, "tenant.spectrocloud.com/primary-dev\n", cluster.MustKubectl(t, "", "get", "tnt", "primary-dev", "-o", "name"))
		assert.Equal(t, "project.spectrocloud.com/project-a\n", cluster.MustKubectl(t, "", "get", "prj", "-n", "project-a", "-o", "name"))
		assert.Subset(t, strings.Fields(cluster.MustKubectl(t, "", "get", "tenancy", "-n", "project-a", "-o", "name")),
			[]string{"project.spectrocloud.com/project-a", "tenant.spectrocloud.com/primary-dev"})
	})
	t.Run("Projects are selected by Tenant", func(t *testing.T) {
		assert.Equal(t, "project.spectrocloud.com/project-a\n",
			cluster.MustKubectl(t, "", "get", "projects", "-A", "-o", "name", "--field-selector", "spec.tenantRef.name=primary-dev"))
		others := cluster.MustKubectl(t, "", "get", "projects", "-A", "-o", "name", "--field-selector", "spec.tenantRef.name!=primary-dev")
		assert.NotContains(t, others, "/project-a\n")
	})
	t.Run("describe shows the spec, the conditions and the events", func(t *testing.T) {
		text := cluster.MustKubectl(t, "", "describe", "project", "-n", "project-a", "project-a")
		for _, want := range []string{"Display Name:  Project A", "ml-engineers", "NVIDIA-H100:", "Type:                  Ready", "Events:"} {
			assert.Contains(t, text, want)
		}
		assert.Contains(t, cluster.MustKubectl(t, "", "describe", "tenant", "primary-dev"), "Display Name:  Primary Dev")
	})
	t.Run("the documented commands print GPU usage", func(t *testing.T) {
		cluster.MustKubectl(t, "", "get", "tenant", "primary-dev", "--output", "jsonpath={.status.gpuUsage}")
		cluster.MustKubectl(t, "", "get", "project", "project-a", "--namespace", "project-a", "--output", "jsonpath={.status.gpuUsage}")
	})
	t.Run("they are deleted, the Tenant last", func(t *testing.T) {
		_, stderr, err := cluster.Kubectl(t, "", nil, "delete", "tenant", "primary-dev")
		require.Error(t, err)
		assert.Contains(t, stderr, "its Projects must be deleted first; there are 1: project-a")
		cluster.MustKubectl(t, "", "delete", "-f", projectYAML, "--timeout=45s")
		cluster.MustKubectl(t, "", "delete", "-f", tenantYAML, "--timeout=45s")
		assert.Empty(t, cluster.MustKubectl(t, "", "get", "tenants", "primary-dev", "--ignore-not-found"))
		cluster.MustKubectl(t, "", "wait", "--for=delete", "--timeout=45s", "namespace/primary-dev", "namespace/project-a")
	})
}

// TestEverySampleAppliesWithStrictValidation is about every file that there is, in whichever order their names are.
func TestEverySampleAppliesWithStrictValidation(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples(t), "*.yaml"))
	require.NoError(t, err)
	kinds := sets.New[string]()
	for _, file := range files {
		var object metav1.TypeMeta
		unmarshalLoosely(t, file, &object)
		kinds.Insert(object.Kind)
	}
	for _, version := range []string{"spectrocloud.com/v1alpha1", "spectrocloud.com/v1beta1"} {
		resources, err := cluster.Admin.Host.Discovery().ServerResourcesForGroupVersion(version)
		require.NoError(t, err)
		for _, resource := range resources.APIResources {
			if !strings.Contains(resource.Name, "/") {
				assert.True(t, kinds.Has(resource.Kind), "%s has no sample", resource.Kind)
			}
		}
	}
	out := cluster.MustKubectl(t, "", "apply", "--validate=strict", "-f", samples(t))
	assert.Equal(t, len(files), strings.Count(out, " created\n"), out)
	out = cluster.MustKubectl(t, "", "apply", "--validate=strict", "--dry-run=server", "-f", samples(t))
	assert.Equal(t, len(files), strings.Count(out, " unchanged (server dry run)\n"), out)
	assert.Equal(t, "inference 1 inference 2", cluster.MustKubectl(t, "", "get", "workloadprofiles", "-n", "project-a", "-o",
		"jsonpath={.items[0].status.lineage} {.items[0].status.revision} {.items[1].status.lineage} {.items[1].status.revision}"))
	t.Run("the guide's commands do what it says", func(t *testing.T) { typed(t, "workloads.md") })
	cluster.MustKubectl(t, "", "delete", "--timeout=45s", "aiworkloads,computepools,projects", "--all", "-n", "project-a")
	cluster.MustKubectl(t, "", "delete", "--timeout=45s", "tenant", "primary-dev")
}

func unmarshal(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(content, into))
}

func unmarshalLoosely(t *testing.T, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, into))
}
