// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/test/integration/framework"
)

func TestExplainKnowsEveryField(t *testing.T) {
	text := cluster.MustKubectl(t, "", "explain", "tenant.spec.gpuResources")
	for _, want := range []string{"KIND:       Tenant", "VERSION:    v1alpha1", "limits", "<map[string]integer>", "most GPUs of a family", "requests"} {
		assert.Contains(t, text, want)
	}
	recursive := cluster.MustKubectl(t, "", "explain", "project", "--recursive")
	for _, want := range []string{"tenantRef", "roleMapping", "viewer", "computeConfigRef", "gpuUsage", "conditions"} {
		assert.Contains(t, recursive, want)
	}
	assert.Contains(t, cluster.MustKubectl(t, "", "explain", "prj.spec.tenantRef.name"), "It can't be changed")
	recursive = cluster.MustKubectl(t, "", "explain", "computepool", "--recursive")
	for _, want := range []string{"paletteClusterDeploymentConfig", "workerPools", "gpuCount", "enum: NoExecute, NoSchedule", "edaVirtualNetwork"} {
		assert.Contains(t, recursive, want)
	}
	for field, want := range map[string]string{
		"settings.spec.integrations.palette.secretRef":  "SecretKeyReference",
		"cconf.spec.paletteClusterConfig.defaults.edge": "clusters at the edge",
		"scpol.spec.gpu.scaleUpThreshold":               "percent above which the pool grows",
		"pbundle.spec.type":                             "ENUM: Application Fullstack Infrastructure Model",
		"wprofile.spec.revisionOf":                      "a number is given once",
		"wprofile.spec.workload.components.properties":  "a JSON object",
		"wprofile.status.revision":                      "counted from 1",
		"compdef.spec.schematic.cue.template":           "does not render",
		"traitdef.spec.appliesToWorkloads":              "all if empty",
		"poldef.spec.version":                           "v0.0.1",
		"vars.spec.variables.secretRef":                 "instead of value",
	} {
		assert.Contains(t, strings.Join(strings.Fields(cluster.MustKubectl(t, "", "explain", field)), " "), want, field)
	}
	assert.Contains(t, cluster.MustKubectl(t, "", "explain", "aiw.spec.gpuRequests"), "GPUs that the workload asks for")
}

func TestEditWritesWhatTheEditorSaved(t *testing.T) {
	tenant, project := pair(t)
	editor := filepath.Join(t.TempDir(), "editor")
	require.NoError(t, os.WriteFile(editor, []byte("#!/bin/sh\nsed -i 's/^spec:/spec:\\n  displayName: Edited/' \"$1\"\n"), 0o700))
	stdout, stderr, err := cluster.Kubectl(t, "", []string{"KUBE_EDITOR=" + editor}, "edit", "tenant", tenant)
	require.NoError(t, err, stderr)
	assert.Contains(t, stdout, "edited")
	_, stderr, err = cluster.Kubectl(t, "", []string{"KUBE_EDITOR=" + editor}, "edit", "-n", project, "prj", project)
	require.NoError(t, err, stderr)
	assert.Equal(t, "Edited Edited", cluster.MustKubectl(t, "", "get", "tenant", tenant, "-o", "jsonpath={.spec.displayName}")+" "+
		cluster.MustKubectl(t, "", "get", "prj", "-n", project, project, "-o", "jsonpath={.spec.displayName}"))
}

func TestPatchesOfEveryType(t *testing.T) {
	tenant, _ := pair(t)
	groups := func() string {
		return cluster.MustKubectl(t, "", "get", "tenant", tenant, "-o", "jsonpath={.spec.tenantRoleMapping.groups}")
	}
	cluster.MustKubectl(t, "", "patch", "tenant", tenant, "--type=merge", "-p", `{"spec": {"tenantRoleMapping": {"groups": ["a", "b"]}}}`)
	assert.Equal(t, `["a","b"]`, groups())
	cluster.MustKubectl(t, "", "patch", "tenant", tenant, "--type=json", "-p", `[{"op": "add", "path": "/spec/tenantRoleMapping/groups/-", "value": "c"}]`)
	assert.Equal(t, `["a","b","c"]`, groups())
	cluster.MustKubectl(t, "", "patch", "tenant", tenant, "--type=strategic", "-p", `{"spec": {"displayName": "By strategy"}}`)
	assert.Equal(t, "By strategy", cluster.MustKubectl(t, "", "get", "tenant", tenant, "-o", "jsonpath={.spec.displayName}"))
	// The default type of kubectl patch, and a list whose entries have keys.
	cluster.MustKubectl(t, "", "patch", "tenant", tenant, "--subresource=status", "-p", `{"status": {"conditions": [{"type": "Mine", "status": "True",
		"reason": "Test", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}`)
	assert.Contains(t, cluster.MustKubectl(t, "", "get", "tenant", tenant, "-o", "jsonpath={.status.conditions[*].type}"), "Ready")
}

func TestServerSideApplySharesAnObjectByField(t *testing.T) {
	name := framework.Name("applied")
	manifest := func(spec, status string) string {
		return fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Tenant",
			"metadata": {"name": %q}, "spec": {%s}, "status": {%s}}`, name, spec, status)
	}
	cluster.MustKubectl(t, manifest(`"displayName": "Ann's", "tenantRoleMapping": {"groups": ["a"]}`, `"projects": 77`),
		"apply", "--server-side", "--field-manager=ann", "-f", "-")
	cluster.MustKubectl(t, manifest(`"tenantRoleMapping": {"groups": ["b"]}, "gpuResources": {"limits": {"A100": 8}}`, ""),
		"apply", "--server-side", "--field-manager=bob", "-f", "-")
	tenant, err := cluster.Admin.Tenants().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"a", "b"}, tenant.Spec.TenantRoleMapping.Groups, "a set is shared by element")
	assert.Zero(t, tenant.Status.Projects)
	for _, entry := range tenant.ManagedFields {
		if entry.Manager == "ann" || entry.Manager == "bob" {
			assert.NotContains(t, entry.FieldsV1.GetRawString(), "f:status", "%s owns the status", entry.Manager)
		}
	}

	_, stderr, err := cluster.Kubectl(t, manifest(`"displayName": "Bob's"`, ""), nil, "apply", "--server-side", "--field-manager=bob", "-f", "-")
	require.Error(t, err)
	assert.Contains(t, stderr, `conflict with "ann"`)
	assert.Contains(t, stderr, ".spec.displayName")
	cluster.MustKubectl(t, manifest(`"displayName": "Bob's"`, ""), "apply", "--server-side", "--field-manager=bob", "--force-conflicts", "-f", "-")
	tenant, err = cluster.Admin.Tenants().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "Bob's", tenant.Spec.DisplayName)
	assert.Equal(t, []string{"a"}, tenant.Spec.TenantRoleMapping.Groups, "what bob no longer applies goes, what ann does stays")
	assert.Empty(t, tenant.Spec.GPUResources.Limits)
}

func TestAServerDryRunAnswersAsTheRealThingAndLeavesNothing(t *testing.T) {
	tenant, project := pair(t)
	settled(t)
	before := revision(t)
	name := framework.Name("dry")
	manifest := func(project, tenant string) string {
		return fmt.Sprintf(`{"apiVersion": "spectrocloud.com/v1alpha1", "kind": "Project",
			"metadata": {"name": %[1]q, "namespace": %[1]q}, "spec": {"tenantRef": {"name": %[2]q}}}`, project, tenant)
	}
	out := cluster.MustKubectl(t, manifest(name, tenant), "create", "--dry-run=server", "-o", "yaml", "-f", "-")
	assert.Contains(t, out, "spectrocloud.com/cleanup")
	assert.Contains(t, out, "uid: ")
	cluster.MustKubectl(t, "", "patch", "tenant", tenant, "--dry-run=server", "--type=merge", "-p", `{"spec": {"displayName": "dry"}}`)
	cluster.MustKubectl(t, manifest(name, tenant), "apply", "--server-side", "--dry-run=server", "-f", "-")
	cluster.MustKubectl(t, "", "delete", "project", "-n", project, project, "--dry-run=server")
	for wrong, run := range map[string]struct {
		stdin string
		args  []string
	}{
		"belongs to Tenant " + tenant:        {manifest(tenant, tenant), []string{"create", "-f", "-"}},
		"already exists":                     {manifest(project, tenant), []string{"create", "-f", "-"}},
		`Not found: "nobody"`:                {manifest(name, "nobody"), []string{"create", "-f", "-"}},
		"can't be claimed":                   {manifest("kube-system", tenant), []string{"create", "-f", "-"}},
		"its Projects must be deleted first": {"", []string{"delete", "tenant", tenant}},
		"field is immutable": {"", []string{"patch", "project", "-n", project, project, "--type=merge",
			"-p", `{"spec": {"tenantRef": {"name": "x"}}}`}},
	} {
		_, dry, err := cluster.Kubectl(t, run.stdin, nil, append(run.args, "--dry-run=server")...)
		require.Error(t, err, wrong)
		assert.Contains(t, dry, wrong)
		_, real, err := cluster.Kubectl(t, run.stdin, nil, run.args...)
		require.Error(t, err, wrong)
		assert.Equal(t, real, dry)
	}
	assert.Equal(t, before, revision(t), "the resource version of the last write")
}

// revision returns the revision of etcd, as a list of nothing reports it.
func revision(t *testing.T) string {
	t.Helper()
	list, err := cluster.Admin.Tenants().List(t.Context(), metav1.ListOptions{LabelSelector: "none=none"})
	require.NoError(t, err)
	return list.ResourceVersion
}

func TestGetWatchSeesAProjectComeChangeAndGo(t *testing.T) {
	tenant, _ := pair(t)
	name := framework.Name("watched")
	ctx, cancel := context.WithTimeout(t.Context(), framework.Patience)
	defer cancel()
	command := cluster.KubectlCommand(ctx, nil,
		"get", "projects", "-A", "--watch", "--output-watch-events", "--no-headers", "--field-selector", "metadata.name="+name)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	defer func() { cancel(); _ = command.Wait() }()
	lines := bufio.NewScanner(stdout)
	next := func(event string) {
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), event) {
				return
			}
		}
		t.Fatalf("the watch ended before %s of %s", event, name)
	}
	_, err = cluster.Admin.Projects(name).Create(t.Context(), framework.Project(name, tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	next("ADDED")
	cluster.ProjectReady(t, name)
	cluster.MustKubectl(t, "", "patch", "project", "-n", name, name, "--type=merge", "-p", `{"spec": {"displayName": "Watched"}}`)
	next("MODIFIED")
	require.NoError(t, cluster.Admin.Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
	next("DELETED")
}

func TestDiscoveryNamesTheVerbs(t *testing.T) {
	whole, status := []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}, []string{"get", "patch", "update"}
	want := map[string][]string{
		"tenants": whole, "tenants/status": status, "tenants/gpuusage": {"get"},
		"projects": whole, "projects/status": status, "projects/gpuusage": {"get"}, "projects/effectivesettings": {"get"},
		"computepools": whole, "computepools/status": status,
		"aiworkloads": whole, "aiworkloads/status": status,
		"scalingpolicies/status": status,
	}
	for _, r := range resources {
		want[r.name] = whole
	}
	for _, version := range []string{"v1alpha1", "v1beta1"} {
		text := cluster.MustKubectl(t, "", "get", "--raw", "/apis/spectrocloud.com/"+version)
		served, err := cluster.Admin.Host.Discovery().ServerResourcesForGroupVersion("spectrocloud.com/" + version)
		require.NoError(t, err)
		for _, resource := range served.APIResources {
			assert.Contains(t, text, `"name":"`+resource.Name+`"`)
			assert.ElementsMatch(t, want[resource.Name], []string(resource.Verbs), resource.Name)
			assert.Equal(t, !strings.HasPrefix(resource.Name, "tenants"), resource.Namespaced, resource.Name)
			delete(want, resource.Name)
		}
	}
	assert.Empty(t, want, "these are not there")
}
