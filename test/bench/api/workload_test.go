// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/gentype"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/generated/clientset/versioned"
	typed "spectrocloud.com/tenancy/generated/clientset/versioned/typed/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/apiserver"
	"spectrocloud.com/tenancy/pkg/localcluster"
	"spectrocloud.com/tenancy/test/bench/rounds"
)

// workloads is the resource of AIWorkloads, here and as custom resources.
const workloads = "aiworkloads"

// gpus is what each AIWorkload asks for, and plenty more than all of them together.
var (
	gpus   = v1alpha1.GPUCounts{"NVIDIA-A100": 1, "NVIDIA-H100": 1}
	plenty = v1alpha1.GPUCounts{"NVIDIA-A100": 1_000_000, "NVIDIA-H100": 1_000_000}
)

// newWorkload returns an AIWorkload of bodySize.
func newWorkload(b *testing.B, apiVersion string, gpus v1alpha1.GPUCounts) *v1alpha1.AIWorkload {
	b.Helper()
	object := &v1alpha1.AIWorkload{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: "AIWorkload"},
		ObjectMeta: metav1.ObjectMeta{Name: objectName(0), Labels: map[string]string{"palette.ai/aiworkload-type": "model"}},
		Spec: v1alpha1.AIWorkloadSpec{
			DisplayName:      "An App Deployment of the benchmark",
			ProfileBundleRef: &v1alpha1.ProfileBundleReference{Name: "bundle", Namespace: apiserver.DefaultSystemNamespace, CloudType: "edge-native"},
			GPURequests:      gpus,
		},
	}
	pad(b, &object.Spec.Description, bodySize, func() int { return size(b, object, runtime.ContentTypeJSON) })
	return object
}

// workloadClient returns what creates and deletes AIWorkloads of a namespace.
func workloadClient(b *testing.B, config *rest.Config, namespace string) typed.AIWorkloadInterface {
	b.Helper()
	clients, err := versioned.NewForConfig(config)
	require.NoError(b, err)
	return clients.SpectrocloudV1alpha1().AIWorkloads(namespace)
}

// newCustomRESTClient returns a client of the custom resources that AIWorkloads are compared with.
func newCustomRESTClient(b *testing.B, config *rest.Config) *rest.RESTClient {
	b.Helper()
	config = rest.CopyConfig(config)
	config.APIPath, config.GroupVersion = "/apis", &customGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(customTypes()).WithoutConversion()
	client, err := rest.RESTClientFor(config)
	require.NoError(b, err)
	return client
}

func customTypes() *runtime.Scheme {
	types := runtime.NewScheme()
	types.AddKnownTypes(customGroupVersion, &v1alpha1.AIWorkload{}, &v1alpha1.AIWorkloadList{})
	metav1.AddToGroupVersion(types, customGroupVersion)
	return types
}

func customWorkloadClient(b *testing.B, config *rest.Config, namespace string) *gentype.ClientWithList[*v1alpha1.AIWorkload, *v1alpha1.AIWorkloadList] {
	b.Helper()
	return gentype.NewClientWithList[*v1alpha1.AIWorkload, *v1alpha1.AIWorkloadList](workloads, newCustomRESTClient(b, config),
		runtime.NewParameterCodec(customTypes()), namespace,
		func() *v1alpha1.AIWorkload { return &v1alpha1.AIWorkload{} }, func() *v1alpha1.AIWorkloadList { return &v1alpha1.AIWorkloadList{} })
}

// workloadCreator is what our AIWorkloads and the custom ones are created with.
type workloadCreator interface {
	Create(ctx context.Context, object *v1alpha1.AIWorkload, options metav1.CreateOptions) (*v1alpha1.AIWorkload, error)
}

// creator is a peer that creates copies of template, and checks that the server kept all of the first one.
func creator(b *testing.B, name string, client workloadCreator, template *v1alpha1.AIWorkload) rounds.Peer {
	b.Helper()
	template = template.DeepCopy()
	template.Name = name
	first, err := client.Create(b.Context(), template, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	require.NoError(b, err)
	assert.Equal(b, template.Spec, first.Spec)
	var created atomic.Int64
	return rounds.Peer{Name: name, Operation: func(ctx context.Context) error {
		object := *template
		object.Name = fmt.Sprintf("%s-%06d", name, created.Add(1))
		_, err := client.Create(ctx, &object, metav1.CreateOptions{})
		return err
	}}
}

// createProject creates a Project of a Tenant, and the namespace that its controller would.
func createProject(b *testing.B, cluster *localcluster.Cluster, tenant, name string, limits v1alpha1.GPUCounts) {
	b.Helper()
	createNamespace(b, cluster, name)
	clients, err := versioned.NewForConfig(cluster.Config())
	require.NoError(b, err)
	_, err = clients.SpectrocloudV1alpha1().Projects(name).Create(b.Context(), &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.ProjectSpec{TenantRef: v1alpha1.TenantReference{Name: tenant}, GPUResources: v1alpha1.GPUResources{Limits: limits}},
	}, metav1.CreateOptions{})
	require.NoError(b, err)
}

func createNamespace(b *testing.B, cluster *localcluster.Cluster, name string) {
	b.Helper()
	host, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(b, err)
	_, err = host.CoreV1().Namespaces().Create(b.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	require.NoError(b, err)
}

// createResourceQuota limits the ConfigMaps of a namespace, and returns when that is in force: kube-controller-manager, which has
// to take note of each ResourceQuota once, runs for so long.
func createResourceQuota(b *testing.B, cluster *localcluster.Cluster, namespace string) {
	b.Helper()
	controllers := cluster.Component(localcluster.KubeControllerManager)
	require.NoError(b, controllers.Restart(b.Context()))
	host, err := kubernetes.NewForConfig(cluster.Config())
	require.NoError(b, err)
	hard := corev1.ResourceList{"count/configmaps": resource.MustParse("1000000")}
	quotas := host.CoreV1().ResourceQuotas(namespace)
	_, err = quotas.Create(b.Context(), &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "quota"}, Spec: corev1.ResourceQuotaSpec{Hard: hard}}, metav1.CreateOptions{})
	require.NoError(b, err)
	eventually(b, "waiting for the ResourceQuota", func(ctx context.Context) error {
		quota, err := quotas.Get(ctx, "quota", metav1.GetOptions{})
		if err == nil && len(quota.Status.Hard) == 0 {
			err = fmt.Errorf("its status has no limit yet")
		}
		return err
	})
	require.NoError(b, controllers.Kill())
}
