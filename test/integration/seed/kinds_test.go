// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// This file does with each kind that only rules of its own bind what is done with Tenants and Projects beside it.

// resource is how such a kind is called on the command line, and what kubectl get prints of its sample.
type resource struct {
	name, short, sample string
	row                 []string
}

var resources = []resource{
	{"settings", "settings", "06-settings", []string{"dev-settings", "Development", "palette,huggingFace"}},
	{"computeconfigs", "cconf", "08-computeconfig", []string{"edge-compute-config", "Edge", "1", "0"}},
	{"scalingpolicies", "scpol", "09-scalingpolicy", []string{"busy-gpus", "Grow with the use of A100s", "20-80%", "NVIDIA-A100"}},
	{"profilebundles", "pbundle", "10-profilebundle", []string{"edge-profilebundle", "Fullstack", "v1", "Edge cluster with an inference service"}},
	{"workloadprofiles", "wprofile", "11-workloadprofile", []string{"inference", "Application", "inference", "1", "Inference service"}},
	{"componentdefinitions", "compdef", "13-componentdefinition", []string{"webservice", "v1", "Web service"}},
	{"traitdefinitions", "traitdef", "14-traitdefinition", []string{"scaler", "v1", "Scaler"}},
	{"policydefinitions", "poldef", "15-policydefinition", []string{"topology", "v1", "Topology"}},
	{"variablesets", "vars", "16-variableset", []string{"variables", "2"}},
}

// object is the kind's sample, in namespace.
func (r resource) object(t *testing.T, namespace string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	unmarshal(t, filepath.Join(samples(t), r.sample+".yaml"), &object.Object)
	object.SetNamespace(namespace)
	return object
}

func (r resource) of(t *testing.T) schema.GroupVersionResource {
	t.Helper()
	return r.object(t, "").GroupVersionKind().GroupVersion().WithResource(r.name)
}

func (r resource) in(t *testing.T, namespace string) dynamic.ResourceInterface {
	t.Helper()
	return cluster.Admin.Dynamic.Resource(r.of(t)).Namespace(namespace)
}

// eachKind tries each kind in a Project of its own.
func eachKind(t *testing.T, try func(t *testing.T, r resource, namespace string)) {
	t.Helper()
	for _, r := range resources {
		t.Run(r.name, func(t *testing.T) {
			_, project := pair(t)
			try(t, r, project)
		})
	}
}

func TestEachKindIsCreatedReadPatchedAndDeleted(t *testing.T) {
	eachKind(t, func(t *testing.T, r resource, namespace string) {
		objects, name := r.in(t, namespace), r.object(t, namespace).GetName()
		created, err := objects.Create(t.Context(), r.object(t, namespace), metav1.CreateOptions{FieldValidation: "Strict"})
		require.NoError(t, err)
		assert.Equal(t, int64(1), created.GetGeneration())
		_, err = objects.Create(t.Context(), r.object(t, namespace), metav1.CreateOptions{})
		assert.True(t, apierrors.IsAlreadyExists(err), "%v", err)

		labelled, err := objects.Patch(t.Context(), name, types.MergePatchType, []byte(`{"metadata": {"labels": {"a": "b"}}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		assert.Equal(t, int64(1), labelled.GetGeneration())
		assert.Equal(t, created.Object["spec"], labelled.Object["spec"])
		same, err := objects.Update(t.Context(), labelled, metav1.UpdateOptions{})
		require.NoError(t, err)
		assert.Equal(t, labelled.GetResourceVersion(), same.GetResourceVersion(), "what changes nothing writes nothing")
		_, err = objects.Update(t.Context(), created, metav1.UpdateOptions{})
		assert.True(t, apierrors.IsConflict(err), "%v", err)

		renamed, err := objects.Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec": {"displayName": "Another"}}`), metav1.PatchOptions{})
		if r.name == "workloadprofiles" {
			framework.Refused(t, err, 422, "spec: Forbidden: can't be changed")
		} else {
			require.NoError(t, err)
			assert.Equal(t, int64(2), renamed.GetGeneration())
		}
		_, err = objects.Patch(t.Context(), name, types.MergePatchType, []byte(`{"spec": {"displayName": "a\nb"}}`), metav1.PatchOptions{})
		assert.True(t, apierrors.IsInvalid(err), "%v", err)
		require.NoError(t, objects.Delete(t.Context(), name, metav1.DeleteOptions{}))
		_, err = objects.Get(t.Context(), name, metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err), "%v", err)
	})
}

func TestEachKindIsAppliedFromTheServersSide(t *testing.T) {
	eachKind(t, func(t *testing.T, r resource, namespace string) {
		objects, object := r.in(t, namespace), r.object(t, namespace)
		ann := metav1.ApplyOptions{FieldManager: "ann"}
		first, err := objects.Apply(t.Context(), object.GetName(), object, ann)
		require.NoError(t, err)
		second, err := objects.Apply(t.Context(), object.GetName(), object, ann)
		require.NoError(t, err)
		assert.Equal(t, first.GetResourceVersion(), second.GetResourceVersion(), "applied again, it changes nothing")
		for _, entry := range second.GetManagedFields() {
			assert.NotContains(t, entry.FieldsV1.GetRawString(), "f:status")
		}

		bobs := object.DeepCopy()
		require.NoError(t, unstructured.SetNestedField(bobs.Object, "Bob's", "spec", "displayName"))
		_, err = objects.Apply(t.Context(), object.GetName(), bobs, metav1.ApplyOptions{FieldManager: "bob"})
		if _, named, _ := unstructured.NestedString(object.Object, "spec", "displayName"); named && r.name != "workloadprofiles" {
			framework.Refused(t, err, 409, `with "ann"`, ".spec.displayName")
			assert.NotContains(t, err.Error(), "Duration", "what both wrote alike is no conflict")
			_, err = objects.Apply(t.Context(), object.GetName(), bobs, metav1.ApplyOptions{FieldManager: "bob", Force: true})
		}
		if r.name == "workloadprofiles" {
			assert.Error(t, err)
		} else {
			require.NoError(t, err)
		}

		labels := &unstructured.Unstructured{}
		labels.SetGroupVersionKind(object.GroupVersionKind())
		labels.SetName(object.GetName())
		labels.SetLabels(map[string]string{"a": "b"})
		labelled, err := objects.Apply(t.Context(), object.GetName(), labels, metav1.ApplyOptions{FieldManager: "carol"})
		require.NoError(t, err)
		assert.Equal(t, "b", labelled.GetLabels()["a"])
	})
}

func TestADryRunOfEachKindLeavesNothing(t *testing.T) {
	for _, r := range resources {
		_, project := pair(t)
		settled(t)
		before := revision(t)
		dry := []string{metav1.DryRunAll}
		created, err := r.in(t, project).Create(t.Context(), r.object(t, project), metav1.CreateOptions{DryRun: dry})
		require.NoError(t, err, r.name)
		assert.NotEmpty(t, created.GetUID())
		_, err = r.in(t, project).Apply(t.Context(), created.GetName(), r.object(t, project), metav1.ApplyOptions{FieldManager: "ann", DryRun: dry})
		require.NoError(t, err, r.name)
		assert.Equal(t, before, revision(t), r.name)
	}
}

func TestEachKindIsWatchedAndListedByMetadataAlone(t *testing.T) {
	client, err := metadata.NewForConfig(cluster.Config())
	require.NoError(t, err)
	eachKind(t, func(t *testing.T, r resource, namespace string) {
		list, err := client.Resource(r.of(t)).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		assert.Empty(t, list.Items)
		options := metav1.ListOptions{ResourceVersion: list.ResourceVersion, TimeoutSeconds: patience}
		whole, err := r.in(t, namespace).Watch(t.Context(), options)
		require.NoError(t, err)
		defer whole.Stop()
		partial, err := client.Resource(r.of(t)).Namespace(namespace).Watch(t.Context(), options)
		require.NoError(t, err)
		defer partial.Stop()
		created, err := r.in(t, namespace).Create(t.Context(), r.object(t, namespace), metav1.CreateOptions{})
		require.NoError(t, err)
		event := <-whole.ResultChan()
		assert.Equal(t, watch.Added, event.Type)
		assert.Equal(t, created, event.Object)
		event = <-partial.ResultChan()
		object, ok := event.Object.(*metav1.PartialObjectMetadata)
		require.True(t, ok, "%+v", event)
		assert.Equal(t, created.GetUID(), object.UID)

		require.NoError(t, r.in(t, namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
		assert.Equal(t, watch.Deleted, (<-whole.ResultChan()).Type)
	})
}

// TestEachKindIsTheSameInJSONYAMLAndProtobuf writes it as YAML, reads it in protobuf, and writes what it read.
func TestEachKindIsTheSameInJSONYAMLAndProtobuf(t *testing.T) {
	const yamlType, jsonType = "application/yaml", "application/json"
	eachKind(t, func(t *testing.T, r resource, namespace string) {
		version, name := r.of(t).GroupVersion().String(), r.object(t, namespace).GetName()
		collection := "/apis/" + version + "/namespaces/" + namespace + "/" + r.name
		file, err := os.ReadFile(filepath.Join(samples(t), r.sample+".yaml"))
		require.NoError(t, err)
		sample := regexp.MustCompile("(?m)^  namespace: .*$").ReplaceAllString(string(file), "  namespace: "+namespace)
		require.NoError(t, cluster.Admin.REST().Post().AbsPath(collection).SetHeader("Content-Type", yamlType).Body([]byte(sample)).Do(t.Context()).Error())
		read := func(accept string) []byte {
			raw, err := cluster.Admin.REST().Get().AbsPath(collection, name).SetHeader("Accept", accept).DoRaw(t.Context())
			require.NoError(t, err)
			return raw
		}
		before := read(jsonType)
		inProtobuf := read(protobuf)
		require.Equal(t, "k8s\x00", string(inProtobuf[:4]))
		assert.Contains(t, string(read(yamlType)), "kind: "+r.object(t, namespace).GetKind())
		require.NoError(t, cluster.Admin.REST().Put().AbsPath(collection, name).SetHeader("Content-Type", protobuf).Body(inProtobuf).Do(t.Context()).Error())
		assert.JSONEq(t, string(before), string(read(jsonType)))
		var object unstructured.Unstructured
		require.NoError(t, json.Unmarshal(before, &object.Object))
		for field, value := range r.object(t, namespace).Object["spec"].(map[string]any) {
			assert.Contains(t, object.Object["spec"], field)
			if text, ok := value.(string); ok {
				assert.Equal(t, text, object.Object["spec"].(map[string]any)[field])
			}
		}
	})
}

func TestKubectlPrintsEachKind(t *testing.T) {
	_, project := pair(t)
	for _, r := range resources {
		_, err := r.in(t, project).Create(t.Context(), r.object(t, project), metav1.CreateOptions{})
		require.NoError(t, err)
	}
	var all []string
	for _, r := range resources {
		framework.Eventually(t, "a row of "+r.name, columns(r.row, "get", r.short, "-n", project))
		all = append(all, strings.ToLower(r.object(t, "").GetKind())+".spectrocloud.com/"+r.row[0])
		for _, column := range table(t, project, r).ColumnDefinitions {
			assert.NotEmpty(t, column.Description, "%s: %s", r.name, column.Name)
		}
	}
	assert.Subset(t, strings.Fields(cluster.MustKubectl(t, "", "get", "tenancy", "-n", project, "-o", "name")), all, "the category has them all")
	cluster.MustKubectl(t, "", "delete", "-n", project, "workloadprofiles", "--all")
	assert.NotContains(t, cluster.MustKubectl(t, "", "get", "tenancy", "-n", project, "-o", "name"), "workloadprofile")
}

// table is what kubectl is sent to print of a kind.
func table(t *testing.T, namespace string, r resource) *metav1.Table {
	t.Helper()
	raw, err := cluster.Admin.REST().Get().AbsPath("/apis/"+r.of(t).GroupVersion().String()+"/namespaces/"+namespace+"/"+r.name).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
	require.NoError(t, err)
	var table metav1.Table
	require.NoError(t, json.Unmarshal(raw, &table))
	return &table
}
