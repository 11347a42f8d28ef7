// SPDX-License-Identifier: Apache-2.0

package seed

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const protobuf = "application/vnd.kubernetes.protobuf"

// TestProtobufAndJSONAreTheSameObject writes each Tenant in one language and reads it in both.
func TestProtobufAndJSONAreTheSameObject(t *testing.T) {
	config := rest.CopyConfig(cluster.Config())
	config.ContentType, config.AcceptContentTypes = protobuf, protobuf
	clients, err := versioned.NewForConfig(config)
	require.NoError(t, err)
	inProtobuf, inJSON := clients.SpectrocloudV1alpha1().Projects, cluster.Admin.Projects
	tenant, _ := pair(t)
	for what, write := range map[string]func(*v1alpha1.Project) error{
		"written in protobuf": func(p *v1alpha1.Project) error {
			_, err := inProtobuf(p.Namespace).Create(t.Context(), p, metav1.CreateOptions{})
			return err
		},
		"written in JSON": func(p *v1alpha1.Project) error {
			_, err := inJSON(p.Namespace).Create(t.Context(), p, metav1.CreateOptions{})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			project := framework.Project(framework.Name("wire"), tenant)
			project.Labels = map[string]string{"a": "b"}
			project.Spec.DisplayName = "Größe <&> 😀"
			project.Spec.SettingsRef = &v1alpha1.ResourceReference{Name: "s"}
			project.Spec.RoleMapping = v1alpha1.RoleMapping{Viewer: []string{"v1", "v2"}, Editor: []string{"e"}, Admin: []string{"a"}}
			project.Spec.GPUResources = v1alpha1.GPUResources{Limits: v1alpha1.GPUCounts{"A100": 0, "Default": 7}, Requests: v1alpha1.GPUCounts{"A100": 1}}
			require.NoError(t, write(project))
			settled(t)
			a, err := inProtobuf(project.Namespace).Get(t.Context(), project.Name, metav1.GetOptions{})
			require.NoError(t, err)
			b, err := inJSON(project.Namespace).Get(t.Context(), project.Name, metav1.GetOptions{})
			require.NoError(t, err)
			assert.Equal(t, project.Spec, a.Spec)
			textA, err := json.Marshal(a)
			require.NoError(t, err)
			textB, err := json.Marshal(b)
			require.NoError(t, err)
			assert.JSONEq(t, string(textB), string(textA))
		})
	}
	// And it is protobuf that is on the wire.
	raw, err := cluster.Admin.REST().Get().Resource("tenants").Name(tenant).SetHeader("Accept", protobuf).DoRaw(t.Context())
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(raw, []byte("k8s\x00")), "%q", raw[:min(len(raw), 20)])
	raw, err = cluster.Admin.REST().Get().Resource("projects").SetHeader("Accept", protobuf).DoRaw(t.Context())
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(raw, []byte("k8s\x00")), "%q", raw[:min(len(raw), 20)])
}

// TestMetadataAloneIsServed is what the garbage collector, the namespace controller and quota live on.
func TestMetadataAloneIsServed(t *testing.T) {
	tenant, project := pair(t)
	client, err := metadata.NewForConfig(cluster.Config())
	require.NoError(t, err)
	resource := schema.GroupVersionResource{Group: "spectrocloud.com", Version: "v1alpha1", Resource: "projects"}
	list, err := client.Resource(resource).List(t.Context(), metav1.ListOptions{FieldSelector: "spec.tenantRef.name=" + tenant})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	assert.Equal(t, project, list.Items[0].Name)
	assert.NotEmpty(t, list.Items[0].UID)

	events, err := client.Resource(resource).Watch(t.Context(), metav1.ListOptions{
		ResourceVersion: list.ResourceVersion, FieldSelector: "spec.tenantRef.name=" + tenant, TimeoutSeconds: new(int64(45))})
	require.NoError(t, err)
	defer events.Stop()
	name := framework.Name("metadata")
	_, err = cluster.Admin.Projects(name).Create(t.Context(), framework.Project(name, tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	event := <-events.ResultChan()
	object, ok := event.Object.(*metav1.PartialObjectMetadata)
	require.True(t, ok, "%+v", event)
	assert.Equal(t, name, object.Name)
	assert.NotEmpty(t, object.UID)
}
