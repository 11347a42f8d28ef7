// SPDX-License-Identifier: Apache-2.0

// Package seed lets the real kubectl and real clients do with a Tenant and a
// Project what they do with built-in types.
package seed

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{}, func(c *framework.Cluster) { cluster = c })
}

// settled waits until the controllers have written all that they have to say of any Tenant and Project: from then on these
// stay as they are.
func settled(t *testing.T) {
	t.Helper()
	framework.Eventually(t, "the controllers to have no more to say", func(ctx context.Context) error {
		tenants, err := cluster.Admin.Tenants().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		projects, err := cluster.Admin.Projects("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		var missing []error
		of := map[string]int32{}
		for _, project := range projects.Items {
			of[project.Spec.TenantRef.Name]++
			missing = append(missing, said(&project, project.Status.Conditions, "Ready"), said(&project, project.Status.Conditions, "Oversubscribed"))
		}
		for _, tenant := range tenants.Items {
			missing = append(missing, said(&tenant, tenant.Status.Conditions, "Ready"), said(&tenant, tenant.Status.Conditions, "TenantOversubscribed"))
			if tenant.Status.Projects != of[tenant.Name] {
				missing = append(missing, fmt.Errorf("%s counts %d Projects of %d", tenant.Name, tenant.Status.Projects, of[tenant.Name]))
			}
		}
		return errors.Join(missing...)
	})
}

// said returns what keeps the condition from being about the object as it is.
func said(object metav1.Object, conditions []metav1.Condition, of string) error {
	if condition := meta.FindStatusCondition(conditions, of); condition == nil || condition.ObservedGeneration != object.GetGeneration() {
		return fmt.Errorf("%s has no %s of generation %d", object.GetName(), of, object.GetGeneration())
	}
	return nil
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
