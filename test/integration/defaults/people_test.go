// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// reading tries all that a person may do with the default of a kind.
func reading(ctx context.Context, of dynamic.ResourceInterface, name string) error {
	_, getErr := of.Get(ctx, name, metav1.GetOptions{})
	_, listErr := of.List(ctx, metav1.ListOptions{})
	watch, watchErr := of.Watch(ctx, metav1.ListOptions{})
	if watchErr == nil {
		watch.Stop()
	}
	return errors.Join(getErr, listErr, watchErr)
}

// writing tries all that a person may not do with it, and returns what came of each.
func writing(t *testing.T, of, admin dynamic.ResourceInterface, name string) map[string]error {
	t.Helper()
	have, err := admin.Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	another := have.DeepCopy()
	another.SetName("another")
	another.SetResourceVersion("")
	another.SetUID("")
	outcomes := map[string]error{}
	_, outcomes["create"] = of.Create(t.Context(), another, metav1.CreateOptions{})
	_, outcomes["update"] = of.Update(t.Context(), have, metav1.UpdateOptions{})
	_, outcomes["patch"] = of.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
	outcomes["delete"] = of.Delete(t.Context(), name, metav1.DeleteOptions{})
	outcomes["delete all"] = of.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
	return outcomes
}

func TestProjectUsersReadTheDefaultsAndDoNotWriteThem(t *testing.T) {
	names := map[string]string{
		"ScalingPolicy": "balanced", "ComponentDefinition": "webservice", "TraitDefinition": "expose", "PolicyDefinition": "topology"}
	waitRemembered(t, cluster, wanted...)
	owner, name := framework.Name("tenant"), framework.Name("project")
	_, err := cluster.Admin.Tenants().Create(t.Context(), framework.Tenant(owner, owner+"-managers"), metav1.CreateOptions{})
	require.NoError(t, err)
	object := framework.Project(name, owner)
	object.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: []string{name + "-viewers"}, Editor: []string{name + "-editors"}, Admin: []string{name + "-admins"}}
	_, err = cluster.Admin.Projects(name).Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	cluster.ProjectReady(t, name)
	cluster.ProjectReady(t, project)

	for group, reads := range map[string]bool{
		name + "-viewers": true, name + "-editors": true, name + "-admins": true,
		"admin":     true, // Of the default Project.
		"strangers": false,
	} {
		person := cluster.Person(t, "sam", group)
		for kind, name := range names {
			resource := kinds[kind]
			of := person.Dynamic.Resource(resource).Namespace(systemNamespace)
			if reads {
				framework.Eventually(t, group+" to read "+resource.Resource, func(ctx context.Context) error { return reading(ctx, of, name) })
			} else {
				assert.True(t, apierrors.IsForbidden(reading(t.Context(), of, name)), "%s reads %s", group, resource.Resource)
			}
			for verb, err := range writing(t, of, cluster.Admin.Dynamic.Resource(resource).Namespace(systemNamespace), name) {
				assert.True(t, apierrors.IsForbidden(err), "%s: %s %s: %v", group, verb, resource.Resource, err)
			}
		}
		_, err := person.Host.CoreV1().ConfigMaps(systemNamespace).Get(t.Context(), recordName, metav1.GetOptions{})
		assert.True(t, apierrors.IsForbidden(err), "%s reads what was installed", group)
	}
}

func TestTheDefaultAdminHasTheDefaultTenantAndProject(t *testing.T) {
	cluster.TenantReady(t, tenant)
	cluster.ProjectReady(t, project)
	admin := cluster.Person(t, "ada", "admin")
	framework.Eventually(t, "the admin to change the default Project", func(ctx context.Context) error {
		_, err := admin.Projects(project).Patch(ctx, project, types.MergePatchType, []byte(`{"spec":{"displayName":"Ours"}}`), metav1.PatchOptions{})
		return err
	})
	name := framework.Name("project")
	framework.Eventually(t, "the admin to add a Project", func(ctx context.Context) error {
		_, err := admin.Projects(name).Create(ctx, framework.Project(name, tenant), metav1.CreateOptions{})
		return err
	})
	cluster.ProjectReady(t, name)
	require.NoError(t, cluster.Admin.Projects(name).Delete(t.Context(), name, metav1.DeleteOptions{}))
	framework.Eventually(t, "it to be gone", func(ctx context.Context) error {
		_, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		return notFound(err)
	})
}
