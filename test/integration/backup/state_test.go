// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const api = "/apis/spectrocloud.com/v1alpha1"

func resource(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "spectrocloud.com", Version: "v1alpha1", Resource: name}
}

// state is what the API says: of each object its UID, its spec, and what it holds; of each Tenant how its GPUs are used.
type state struct {
	objects map[string]string
	usage   map[string]string
}

// read reads the state through kube-apiserver.
func read(t *testing.T, c *framework.Cluster) state {
	t.Helper()
	s := state{map[string]string{}, map[string]string{}}
	for _, kind := range []string{"tenants", "projects", "aiworkloads", "computepools", "settings"} {
		list, err := c.Admin.Dynamic.Resource(resource(kind)).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, object := range list.Items {
			s.objects[kind+"/"+object.GetNamespace()+"/"+object.GetName()] = text(t, object.GetUID(), object.Object["spec"], held(object))
			if kind == "tenants" {
				s.usage[object.GetName()] = usage(t, c, object.GetName())
			}
		}
	}
	return s
}

// held is what a GPU consumer holds; Tenants and Projects report what they have last seen, a little later.
func held(object unstructured.Unstructured) map[string]any {
	if kind := object.GetKind(); kind != "AIWorkload" && kind != "ComputePool" {
		return nil
	}
	gpus, _, _ := unstructured.NestedMap(object.Object, "status", "gpuUsage")
	return gpus
}

func usage(t *testing.T, c *framework.Cluster, tenant string) string {
	t.Helper()
	data, err := c.Admin.REST().Get().AbsPath(api, "tenants", tenant, "gpuusage").DoRaw(t.Context())
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(data, &answer))
	delete(answer, "metadata")
	return text(t, answer)
}

func text(t *testing.T, values ...any) string {
	t.Helper()
	data, err := json.Marshal(values)
	require.NoError(t, err)
	return string(data)
}

// namespaces returns the UIDs of all generated namespaces that are not going away.
func namespaces(t *testing.T, c *framework.Cluster) map[string]types.UID {
	t.Helper()
	list, err := c.Admin.Host.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant})
	require.NoError(t, err)
	uids := map[string]types.UID{}
	for _, namespace := range list.Items {
		if namespace.DeletionTimestamp.IsZero() {
			uids[namespace.Name] = namespace.UID
		}
	}
	return uids
}

// tenantOf creates a Tenant with Projects that may each use 4 A100.
func tenantOf(t *testing.T, c *framework.Cluster, projects ...string) string {
	t.Helper()
	tenant := framework.Name("tenant")
	_, err := c.Admin.Tenants().Create(t.Context(), framework.Tenant(tenant, "crew"), metav1.CreateOptions{})
	require.NoError(t, err)
	for _, name := range projects {
		projectOf(t, c, tenant, name)
	}
	c.TenantReady(t, tenant)
	return tenant
}

func projectOf(t *testing.T, c *framework.Cluster, tenant, name string) {
	t.Helper()
	project := framework.Project(name, tenant)
	project.Spec.GPUResources = v1alpha1.GPUResources{Limits: map[string]int32{"A100": 4}}
	_, err := c.Admin.Projects(name).Create(t.Context(), project, metav1.CreateOptions{})
	require.NoError(t, err)
	c.ProjectReady(t, name)
}

// workload asks for A100s in a Project.
func workload(t *testing.T, c *framework.Cluster, project, name string, gpus int64) {
	t.Helper()
	_, err := c.Admin.Dynamic.Resource(resource("aiworkloads")).Namespace(project).Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "spectrocloud.com/v1alpha1", "kind": "AIWorkload", "metadata": map[string]any{"name": name},
		"spec": map[string]any{"gpuRequests": map[string]any{"A100": gpus}}}}, metav1.CreateOptions{})
	require.NoError(t, err)
}

// allReady waits until every Tenant and Project is.
func allReady(t *testing.T, c *framework.Cluster) {
	t.Helper()
	framework.EventuallyWithin(t, convergence, "all Tenants and Projects to be ready", func(ctx context.Context) error {
		tenants, err := c.Admin.Tenants().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range tenants.Items {
			if err := framework.Ready(&tenants.Items[i], tenants.Items[i].Status.Conditions); err != nil {
				return err
			}
		}
		projects, err := c.Admin.Projects("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range projects.Items {
			if err := framework.Ready(&projects.Items[i], projects.Items[i].Status.Conditions); err != nil {
				return err
			}
			if _, err := c.Admin.Host.CoreV1().Namespaces().Get(ctx, projects.Items[i].Name, metav1.GetOptions{}); err != nil {
				return fmt.Errorf("namespace of a Project that is ready: %w", err)
			}
		}
		return nil
	})
}
