// SPDX-License-Identifier: Apache-2.0

// Package visibility checks that everyone sees the Tenants and Projects that
// they may see, and none of the others, with real people and a real
// kube-apiserver in front: lists, watches, informers, kubectl.
package visibility

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// place is a Tenant with two Projects. Its groups are named after them: <tenant>-managers, <project>-viewers and so on.
type place struct {
	tenant   string
	projects []string
}

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{tenant: framework.Name("tenant")}
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(p.tenant, p.tenant+"-managers"), metav1.CreateOptions{})
	require.NoError(t, err)
	for range 2 {
		name := framework.Name("project")
		project := framework.Project(name, p.tenant)
		project.Spec.RoleMapping = v1alpha1.RoleMapping{
			Viewer: []string{name + "-viewers"}, Editor: []string{name + "-editors"}, Admin: []string{name + "-admins"}}
		_, err := cluster.Admin.Projects(name).Create(t.Context(), project, metav1.CreateOptions{})
		require.NoError(t, err)
		p.projects = append(p.projects, name)
	}
	for _, name := range p.projects {
		cluster.ProjectReady(t, name)
	}
	cluster.TenantReady(t, p.tenant)
	framework.Eventually(t, "the Tenant to show itself to its Projects' groups", func(ctx context.Context) error {
		tenant, err := cluster.Admin.Tenants().Get(ctx, p.tenant, metav1.GetOptions{})
		if err == nil && len(tenant.Status.ProjectGroups) != 6 {
			err = fmt.Errorf("groups: %v", tenant.Status.ProjectGroups)
		}
		return err
	})
	return p
}

// person is someone in the groups.
func person(t *testing.T, groups ...string) *framework.Person {
	t.Helper()
	return cluster.Person(t, framework.Name("person"), groups...)
}

// names of what a list answered.
func tenants(t *testing.T, who *framework.Person, options metav1.ListOptions) (names []string) {
	t.Helper()
	list, err := who.Tenants().List(t.Context(), options)
	require.NoError(t, err)
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	return names
}

func projects(t *testing.T, who *framework.Person, options metav1.ListOptions) (names []string) {
	t.Helper()
	list, err := who.Projects("").List(t.Context(), options)
	require.NoError(t, err)
	for _, item := range list.Items {
		names = append(names, item.Name)
	}
	return names
}

// patchProject and patchTenant change a spec.
func patchProject(t *testing.T, name, spec string) {
	t.Helper()
	_, err := cluster.Admin.Projects(name).Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":`+spec+`}`), metav1.PatchOptions{})
	require.NoError(t, err)
}

func patchTenant(t *testing.T, name, spec string) {
	t.Helper()
	_, err := cluster.Admin.Tenants().Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec":`+spec+`}`), metav1.PatchOptions{})
	require.NoError(t, err)
}

// quoted is a JSON list of groups.
func quoted(groups ...string) string {
	if len(groups) == 0 {
		return "[]"
	}
	return `["` + strings.Join(groups, `","`) + `"]`
}

func sorted(names ...string) []string { return slices.Sorted(slices.Values(names)) }
