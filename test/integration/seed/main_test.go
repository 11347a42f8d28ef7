// SPDX-License-Identifier: Apache-2.0

// Package seed lets the real kubectl and real clients do with a Tenant and a
// Project what they do with built-in types.
package seed

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// samples returns the path of the folder with one valid YAML per kind.
func samples(t *testing.T) string {
	t.Helper()
	root, err := framework.ModuleRoot()
	require.NoError(t, err)
	return filepath.Join(root, "artifacts", "samples")
}

// pair creates a Tenant and a Project under it, both ready.
func pair(t *testing.T) (tenant, project string) {
	t.Helper()
	tenant, project = framework.Name("tenant"), framework.Name("project")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant, "team"), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = cluster.Admin.Projects(project).Create(t.Context(), framework.Project(project, tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.TenantReady(t, tenant)
	cluster.ProjectReady(t, project)
	return tenant, project
}
