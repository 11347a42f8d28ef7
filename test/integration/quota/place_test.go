// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/test/integration/framework"
)

const (
	a100 = "NVIDIA-A100"
	h100 = "NVIDIA-H100"
	l40s = "NVIDIA-L40S"

	// otherFamilies is the entry of quotas for families that they do not name.
	otherFamilies = "Default"

	workloads = "aiworkloads"
	pools     = "computepools"

	// finalizer is what somebody else would put on a consumer to clean up after it.
	finalizer = "example.com/teardown"
)

type counts = v1alpha1.GPUCounts

// place is a Tenant and its Projects, which one test has for itself.
type place struct {
	tenant   string
	projects []string
}

// newPlace makes a Tenant with these quotas and a Project for each of the limits. It does not wait for their namespaces: what
// is decided on GPUs does not depend on them, nor on how soon the controllers get over what was killed.
func newPlace(t *testing.T, tenant v1alpha1.GPUResources, limits ...counts) place {
	t.Helper()
	p := place{tenant: framework.Name("tenant")}
	object := framework.Tenant(p.tenant, p.tenant+"-managers")
	object.Spec.GPUResources = tenant
	_, err := cluster.Admin.Tenants().Create(t.Context(), object, metav1.CreateOptions{})
	require.NoError(t, err)
	for _, limits := range limits {
		project := framework.Project(framework.Name("project"), p.tenant)
		project.Spec.GPUResources.Limits = limits
		_, err := cluster.Admin.Projects(project.Name).Create(t.Context(), project, metav1.CreateOptions{})
		require.NoError(t, err)
		p.projects = append(p.projects, project.Name)
	}
	return p
}

// limited is quotas of these limits and nothing else.
func limited(limits counts) v1alpha1.GPUResources { return v1alpha1.GPUResources{Limits: limits} }

// object is what the tests write and read of an AIWorkload or a ComputePool.
type object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              spec                    `json:"spec"`
	Status            v1alpha1.ConsumerStatus `json:"status,omitzero"`
}

type spec struct {
	DisplayName    string                   `json:"displayName,omitempty"`
	GPURequests    counts                   `json:"gpuRequests,omitempty"`
	ClusterVariant *v1alpha1.ClusterVariant `json:"clusterVariant,omitempty"`
	Suspend        bool                     `json:"suspend"`
}

// specOf returns the spec of an AIWorkload or a ComputePool that asks for these GPUs.
func specOf(resource string, gpus counts) spec {
	if resource == workloads {
		return spec{GPURequests: gpus}
	}
	config := v1alpha1.PaletteClusterDeploymentConfig{CloudType: "edge-native"}
	for family, n := range gpus {
		config.NodePoolRequirements.WorkerPools = append(config.NodePoolRequirements.WorkerPools, v1alpha1.WorkerPool{
			Name: fmt.Sprintf("workers-%d", len(config.NodePoolRequirements.WorkerPools)), NodeCount: &n,
			GPU: &v1alpha1.GPURequirement{Family: family, GPUCount: 1},
		})
	}
	return spec{ClusterVariant: &v1alpha1.ClusterVariant{Shared: &v1alpha1.ClusterDeployment{PaletteClusterDeploymentConfig: config}}}
}

// asks is what the spec asks for, suspended or not.
func (s spec) asks() counts {
	if s.ClusterVariant == nil {
		return s.GPURequests
	}
	gpus := counts{}
	for _, pool := range s.ClusterVariant.Shared.PaletteClusterDeploymentConfig.NodePoolRequirements.WorkerPools {
		gpus[pool.GPU.Family] += *pool.NodeCount * pool.GPU.GPUCount
	}
	return gpus
}

// newObject is an AIWorkload or a ComputePool that asks for these GPUs.
func newObject(resource, name string, gpus counts) object {
	kind := map[string]string{workloads: "AIWorkload", pools: "ComputePool"}[resource]
	return object{TypeMeta: metav1.TypeMeta{APIVersion: "spectrocloud.com/v1alpha1", Kind: kind},
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: specOf(resource, gpus)}
}

// answer sends the request with that body, if it is not nil, and returns the object that it is answered with.
func answer(ctx context.Context, request *rest.Request, body any) (object, error) {
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return object{}, err
		}
		request = request.Body(data)
	}
	result := request.SetHeader("Accept", "application/json").Do(ctx)
	if err := result.Error(); err != nil { // That of Raw would not say what the server said.
		return object{}, err
	}
	data, err := result.Raw()
	if err != nil {
		return object{}, err
	}
	var answered object
	return answered, json.Unmarshal(data, &answered)
}

func create(ctx context.Context, server *framework.Person, project, resource string, o object) (object, error) {
	return answer(ctx, server.REST().Post().Namespace(project).Resource(resource).SetHeader("Content-Type", "application/json"), o)
}

// patch merges into an object, whatever its version.
func patch(ctx context.Context, server *framework.Person, project, resource, name string, change any) (object, error) {
	return answer(ctx, server.REST().Patch(types.MergePatchType).Namespace(project).Resource(resource).Name(name), change)
}

func remove(ctx context.Context, server *framework.Person, project, resource, name string) error {
	return server.REST().Delete().Namespace(project).Resource(resource).Name(name).SetHeader("Accept", "application/json").Do(ctx).Error()
}

// withoutFinalizers is a patch.
var withoutFinalizers = map[string]any{"metadata": map[string]any{"finalizers": nil}}
