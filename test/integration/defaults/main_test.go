// SPDX-License-Identifier: Apache-2.0

// Package defaults lets the platform install what it begins with, and takes
// its programs down and its defaults away in every order: each is created
// once, and is the users' from then on.
package defaults

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	systemNamespace = "palette-system"
	recordName      = "default-resources"
	tenant          = "default-tenant"
	project         = "default-project"
)

// cluster has everything that is installed by default.
var cluster *framework.Cluster

func TestMain(m *testing.M) {
	framework.Main(m, localcluster.Options{SystemDefaultResources: true, ExtraArgs: quickElection}, func(c *framework.Cluster) { cluster = c })
}

// quickElection has a killed leader replaced soon.
var quickElection = map[string][]string{localcluster.TenancyControllerManager: {
	"--leader-elect-lease-duration=3s", "--leader-elect-renew-deadline=2s", "--leader-elect-retry-period=500ms",
}}

// kinds are those that defaults of the system namespace are of.
var kinds = map[string]schema.GroupVersionResource{
	"ScalingPolicy":       {Group: "spectrocloud.com", Version: "v1alpha1", Resource: "scalingpolicies"},
	"ComponentDefinition": {Group: "spectrocloud.com", Version: "v1beta1", Resource: "componentdefinitions"},
	"TraitDefinition":     {Group: "spectrocloud.com", Version: "v1beta1", Resource: "traitdefinitions"},
	"PolicyDefinition":    {Group: "spectrocloud.com", Version: "v1beta1", Resource: "policydefinitions"},
}

// wanted are the defaults of the system namespace, as they are remembered.
var wanted = []string{
	"ComponentDefinition.task", "ComponentDefinition.webservice", "ComponentDefinition.worker", "PolicyDefinition.topology",
	"ScalingPolicy.balanced", "ScalingPolicy.conservative", "ScalingPolicy.responsive",
	"TraitDefinition.env", "TraitDefinition.expose", "TraitDefinition.gpu-resources", "TraitDefinition.scaler",
}

// in returns all objects of these kinds in a namespace.
func in(t *testing.T, c *framework.Cluster, namespace string) map[string]*unstructured.Unstructured {
	t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for kind, resource := range kinds {
		list, err := c.Admin.Dynamic.Resource(resource).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for i := range list.Items {
			found[kind+"."+list.Items[i].GetName()] = &list.Items[i]
		}
	}
	return found
}

// remembered is what the ConfigMap says became of each default; nothing while there is none.
func remembered(ctx context.Context, c *framework.Cluster, namespace string) (map[string]string, error) {
	record, err := c.Admin.Host.CoreV1().ConfigMaps(namespace).Get(ctx, recordName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return record.Data, nil
}

// waitRemembered waits until the ConfigMap has all of these keys.
func waitRemembered(t *testing.T, c *framework.Cluster, keys ...string) {
	t.Helper()
	framework.Eventually(t, "the defaults to be installed", func(ctx context.Context) error {
		record, err := remembered(ctx, c, systemNamespace)
		for _, key := range keys {
			if _, has := record[key]; err == nil && !has {
				err = fmt.Errorf("%s is not remembered yet", key)
			}
		}
		return err
	})
}

// remove deletes a default of a namespace. It may take until its finalizers are off that it is gone.
func remove(t *testing.T, c *framework.Cluster, namespace, key string) {
	t.Helper()
	kind, name, _ := strings.Cut(key, ".")
	require.NoError(t, c.Admin.Dynamic.Resource(kinds[kind]).Namespace(namespace).Delete(t.Context(), name, metav1.DeleteOptions{}))
}

// forget takes a line out of the ConfigMap, as docs/defaults.md says.
func forget(t *testing.T, c *framework.Cluster, key string) {
	t.Helper()
	_, err := c.Admin.Host.CoreV1().ConfigMaps(systemNamespace).Patch(t.Context(), recordName, types.JSONPatchType,
		[]byte(`[{"op": "remove", "path": "/data/`+key+`"}]`), metav1.PatchOptions{})
	require.NoError(t, err)
}

// assertFree checks that a default is not held by the finalizer of its installation.
func assertFree(t *testing.T, key string, object metav1.Object) {
	t.Helper()
	assert.NotContains(t, object.GetFinalizers(), "spectrocloud.com/installing", key)
	assert.Nil(t, object.GetDeletionTimestamp(), key)
}

func notFound(err error) error {
	if err == nil {
		return fmt.Errorf("it is still there")
	}
	if !apierrors.IsNotFound(err) {
		return err
	}
	return nil
}
