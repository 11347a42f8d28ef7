// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/gentype"
	"k8s.io/client-go/kubernetes"
	kubescheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
	"spectrocloud.com/tenancy/pkg/localcluster"
)

// Names of the kinds, as the tables have them.
const (
	project   = "Project"
	configMap = "ConfigMap"
	custom    = "CRD"
)

// bodySize is how many bytes each object has as JSON when it is created.
const bodySize = 1024

var contentNames = map[string]string{runtime.ContentTypeJSON: "JSON", runtime.ContentTypeProtobuf: "protobuf"}

// customGroupVersion is that of testdata/projects.bench.example.com.yaml, whose objects the Go type of Project fits too.
var customGroupVersion = schema.GroupVersion{Group: "bench.example.com", Version: "v1alpha1"}

// kind is one of the kinds that are compared.
type kind struct {
	name    string
	clients map[caller]client
	created atomic.Int64
}

// caller is who talks to the server, and how.
type caller struct{ person, content string }

// client does with an object of that name, or all of the kind, what the method says.
type client struct {
	create func(ctx context.Context, name string) error
	get    func(ctx context.Context, name string) error
	list   func(ctx context.Context) (int, error)
}

func (k *kind) serves(content string) bool { _, ok := k.clients[caller{admin, content}]; return ok }

// operation is what a comparison repeats.
func (k *kind) operation(b *testing.B, c comparison) func(context.Context) error {
	client := k.clients[caller{c.person, c.content}]
	var next atomic.Int64
	switch c.verb {
	case "create":
		return func(ctx context.Context) error { return client.create(ctx, objectName(k.created.Add(1))) }
	case "get":
		return func(ctx context.Context) error { return client.get(ctx, objectName(next.Add(1)%listed+1)) }
	case "list":
		return func(ctx context.Context) error {
			count, err := client.list(ctx)
			if err == nil && count != listed {
				err = fmt.Errorf("listed %d objects, there are %d", count, listed)
			}
			return err
		}
	}
	b.Fatalf("no verb %q", c.verb)
	return nil
}

// objectName returns names of one length, so that objects are of one size.
func objectName(number int64) string { return fmt.Sprintf("bench-%06d", number) }

func newKinds(b *testing.B, cluster *localcluster.Cluster) []*kind {
	b.Helper()
	memberConfig, err := cluster.ConfigFor("bench", memberGroup)
	require.NoError(b, err)
	kinds := []*kind{{name: project}, {name: configMap}, {name: custom}}
	for _, kind := range kinds {
		kind.clients = map[caller]client{}
	}
	for person, config := range map[string]*rest.Config{admin: cluster.Config(), member: memberConfig} {
		for content := range contentNames {
			config := rest.CopyConfig(config)
			config.ContentType, config.AcceptContentTypes = content, content
			who := caller{person, content}
			kinds[0].clients[who] = newProjectClient(b, config)
			kinds[1].clients[who] = newConfigMapClient(b, config)
			if content == runtime.ContentTypeJSON { // A custom resource has no protobuf.
				kinds[2].clients[who] = newCustomClient(b, config)
			}
		}
	}
	return kinds
}

func newProjectClient(b *testing.B, config *rest.Config) client {
	b.Helper()
	clients, err := versioned.NewForConfig(config)
	require.NoError(b, err)
	projects := clients.SpectrocloudV1alpha1().Projects
	template := newProject(b)
	return client{
		create: func(ctx context.Context, name string) error {
			object := *template
			object.Name = name
			_, err := projects(name).Create(ctx, &object, metav1.CreateOptions{})
			return err
		},
		get: func(ctx context.Context, name string) error {
			_, err := projects(name).Get(ctx, name, metav1.GetOptions{})
			return err
		},
		list: func(ctx context.Context) (int, error) {
			list, err := projects("").List(ctx, metav1.ListOptions{})
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		},
	}
}

func newConfigMapClient(b *testing.B, config *rest.Config) client {
	b.Helper()
	clients, err := kubernetes.NewForConfig(config)
	require.NoError(b, err)
	configMaps := clients.CoreV1().ConfigMaps(peerNamespace)
	template := newConfigMap(b, config.ContentType)
	return client{
		create: func(ctx context.Context, name string) error {
			object := *template
			object.Name = name
			_, err := configMaps.Create(ctx, &object, metav1.CreateOptions{})
			return err
		},
		get: func(ctx context.Context, name string) error {
			_, err := configMaps.Get(ctx, name, metav1.GetOptions{})
			return err
		},
		list: func(ctx context.Context) (int, error) {
			list, err := configMaps.List(ctx, metav1.ListOptions{})
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		},
	}
}

func newCustomClient(b *testing.B, config *rest.Config) client {
	b.Helper()
	types := runtime.NewScheme()
	types.AddKnownTypes(customGroupVersion, &v1alpha1.Project{}, &v1alpha1.ProjectList{})
	metav1.AddToGroupVersion(types, customGroupVersion)
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/apis", &customGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(types).WithoutConversion()
	restClient, err := rest.RESTClientFor(config)
	require.NoError(b, err)
	objects := gentype.NewClientWithList[*v1alpha1.Project, *v1alpha1.ProjectList]("projects", restClient, runtime.NewParameterCodec(types),
		peerNamespace, func() *v1alpha1.Project { return &v1alpha1.Project{} }, func() *v1alpha1.ProjectList { return &v1alpha1.ProjectList{} })
	template := newCustom(b)
	return client{
		create: func(ctx context.Context, name string) error {
			object := *template
			object.Name = name
			_, err := objects.Create(ctx, &object, metav1.CreateOptions{})
			return err
		},
		get: func(ctx context.Context, name string) error {
			_, err := objects.Get(ctx, name, metav1.GetOptions{})
			return err
		},
		list: func(ctx context.Context) (int, error) {
			list, err := objects.List(ctx, metav1.ListOptions{})
			if err != nil {
				return 0, err
			}
			return len(list.Items), nil
		},
	}
}

// newProject returns a Project of bodySize under the Tenant, with every part of the spec in use.
func newProject(b *testing.B) *v1alpha1.Project {
	b.Helper()
	groups := func(tier string) (groups []string) {
		for i := range 5 {
			groups = append(groups, fmt.Sprintf("oidc:bench-%s-%02d", tier, i))
		}
		return groups
	}
	gpus := v1alpha1.GPUCounts{"Default": 2, "NVIDIA-A100": 4, "NVIDIA-H100": 8}
	object := &v1alpha1.Project{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: "Project"},
		ObjectMeta: metav1.ObjectMeta{Name: objectName(0)},
		Spec: v1alpha1.ProjectSpec{
			SettingsRef:      &v1alpha1.ResourceReference{Name: "settings", Namespace: tenantName},
			TenantRef:        v1alpha1.TenantReference{Name: tenantName},
			ComputeConfigRef: &v1alpha1.ResourceReference{Name: "computeconfig"},
			RoleMapping:      v1alpha1.RoleMapping{Viewer: groups("viewer"), Editor: groups("editor"), Admin: groups("admin")},
			GPUResources:     v1alpha1.GPUResources{Limits: gpus, Requests: gpus},
		},
	}
	pad(b, &object.Spec.DisplayName, bodySize, func() int { return size(b, object, runtime.ContentTypeJSON) })
	return object
}

// newCustom returns the same as a custom resource, and of the same size.
func newCustom(b *testing.B) *v1alpha1.Project {
	b.Helper()
	object := newProject(b)
	object.APIVersion, object.Spec.DisplayName = customGroupVersion.String(), ""
	pad(b, &object.Spec.DisplayName, bodySize, func() int { return size(b, object, runtime.ContentTypeJSON) })
	return object
}

// newConfigMap returns a ConfigMap with as many bytes as the Project has in the same encoding, and as many keys as that
// has fields, since the server keeps an entry in metadata.managedFields for each.
func newConfigMap(b *testing.B, content string) *corev1.ConfigMap {
	b.Helper()
	object := &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: objectName(0)},
		Data:       map[string]string{},
	}
	for _, key := range []string{"settingsRef", "tenantRef", "computeConfigRef", "viewer", "editor", "admin", "limits", "requests"} {
		object.Data[key] = strings.Repeat("x", 40)
	}
	var displayName string
	pad(b, &displayName, size(b, newProject(b), content), func() int {
		object.Data["displayName"] = displayName
		return size(b, object, content)
	})
	return object
}

// pad makes text as long as it takes for size to be want.
func pad(b *testing.B, text *string, want int, size func() int) {
	b.Helper()
	for missing := want - size(); missing != 0; missing = want - size() {
		require.Positive(b, len(*text)+missing, "the object has too many bytes without padding")
		*text = strings.Repeat("x", len(*text)+missing)
	}
}

// size returns the number of bytes of the object as clients send it.
func size(b *testing.B, object runtime.Object, content string) int {
	b.Helper()
	codecs := scheme.Codecs
	if _, ok := object.(*corev1.ConfigMap); ok {
		codecs = kubescheme.Codecs
	}
	info, ok := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), content)
	require.True(b, ok, content)
	data, err := runtime.Encode(info.Serializer, object)
	require.NoError(b, err)
	return len(data)
}
