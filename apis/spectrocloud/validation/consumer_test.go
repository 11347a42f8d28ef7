// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

const (
	configPath  = "spec.clusterVariant.dedicated.paletteClusterDeploymentConfig"
	workersPath = configPath + ".nodePoolRequirements.workerPools"
)

func TestAComputePoolThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type P = spectrocloud.ComputePool
	name := []string{"Invalid value: metadata.name"}
	for what, tc := range map[string]struct {
		change func(*P)
		want   []string
	}{
		"as it should be": {nil, nil},
		"shared":          {func(o *P) { o.Spec.ClusterVariant.Dedicated, o.Spec.ClusterVariant.Shared = nil, cluster() }, nil},
		"nothing but a variant": {func(o *P) {
			o.Spec = spectrocloud.ComputePoolSpec{ClusterVariant: spectrocloud.ClusterVariant{Shared: new(spectrocloud.ClusterDeployment)}}
		}, nil},
		"the shortest name":           {func(o *P) { o.Name = "a-b" }, nil},
		"a name of two letters":       {func(o *P) { o.Name = "ab" }, name},
		"the longest name":            {func(o *P) { o.Name = strings.Repeat("a", 33) }, nil},
		"a name of 34 letters":        {func(o *P) { o.Name = strings.Repeat("a", 34) }, name},
		"a name that starts with 1":   {func(o *P) { o.Name = "1ab" }, name},
		"a name that ends with -":     {func(o *P) { o.Name = "ab-" }, name},
		"a name that ends with 1":     {func(o *P) { o.Name = "ab1" }, nil},
		"a name with a dot":           {func(o *P) { o.Name = "a.b" }, name},
		"a name in capitals":          {func(o *P) { o.Name = "Abc" }, name},
		"a name of two lines":         {func(o *P) { o.Name = "abc\nd" }, name},
		"a generated name":            {func(o *P) { o.GenerateName, o.Name = "a-", "a-bcdfg" }, nil},
		"a generated name, too long":  {func(o *P) { o.GenerateName, o.Name = strings.Repeat("a", 29), strings.Repeat("a", 34) }, append(name, "Invalid value: metadata.generateName")},
		"no namespace":                {func(o *P) { o.Namespace = "" }, []string{"Required value: metadata.namespace"}},
		"no variant":                  {func(o *P) { o.Spec.ClusterVariant.Dedicated = nil }, []string{"Required value: spec.clusterVariant"}},
		"both variants":               {func(o *P) { o.Spec.ClusterVariant.Shared = cluster() }, []string{"Forbidden: spec.clusterVariant"}},
		"a display name of two lines": {func(o *P) { o.Spec.DisplayName = "a\nb" }, []string{"Invalid value: spec.displayName"}},
		"a description that rings":    {func(o *P) { o.Spec.Description = "a\ab" }, []string{"Invalid value: spec.description"}},
		"a description too long":      {func(o *P) { o.Spec.Description = strings.Repeat("ö", 4097) }, []string{"Too long: spec.description"}},
		"a bundle without a name":     {func(o *P) { o.Spec.ProfileBundleRef.Name = "" }, []string{"Required value: spec.profileBundleRef.name"}},
		"a policy by a bad name":      {func(o *P) { o.Spec.ScalingPolicyRef.Name = "A B" }, []string{"Invalid value: spec.scalingPolicyRef.name"}},
		"a resource group, bad key":   {func(o *P) { o.Spec.ClusterVariant.WorkerResourceGroups = map[string]string{"a b": "c"} }, []string{"Invalid value: spec.clusterVariant.workerResourceGroups"}},
		"a resource group, bad value": {func(o *P) { o.Spec.ClusterVariant.ControlPlaneResourceGroups = map[string]string{"a": "b c"} }, []string{"Invalid value: spec.clusterVariant.controlPlaneResourceGroups[a]"}},
		"isolated by Aviz":            {func(o *P) { o.Spec.NetworkIsolation = &spectrocloud.NetworkIsolation{Provider: "Aviz"} }, nil},
		"isolated by nobody":          {func(o *P) { o.Spec.NetworkIsolation = &spectrocloud.NetworkIsolation{} }, []string{"Required value: spec.networkIsolation.provider"}},
		"isolated by someone else":    {func(o *P) { o.Spec.NetworkIsolation = &spectrocloud.NetworkIsolation{Provider: "eda"} }, []string{"Unsupported value: spec.networkIsolation.provider"}},
		"EDA's network with Aviz":     {func(o *P) { o.Spec.NetworkIsolation.Provider = "Aviz" }, []string{"Forbidden: spec.networkIsolation.eda"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, pool(tc.change))))
		})
	}
}

// What is true of a pool's cluster is true of an AIWorkload's own.
func TestAClusterThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type N = spectrocloud.NodePoolRequirements
	for what, tc := range map[string]struct {
		change func(*spectrocloud.ComputePool)
		want   []string
	}{
		"a single node":               {nodes(func(n *N) { n.ControlPlanePool.NodeCount, n.WorkerPools = 1, nil }), nil},
		"two control planes":          {nodes(func(n *N) { n.ControlPlanePool.NodeCount = 2 }), []string{"Invalid value: " + configPath + ".nodePoolRequirements.controlPlanePool.nodeCount"}},
		"fewer CPUs than none":        {nodes(func(n *N) { n.ControlPlanePool.CPU.CPUCount = -1 }), []string{"Invalid value: " + configPath + ".nodePoolRequirements.controlPlanePool.cpu.cpuCount"}},
		"a pool without a name":       {nodes(func(n *N) { n.WorkerPools[0].Name = "" }), []string{"Required value: " + workersPath + "[0].name"}},
		"a pool by a bad name":        {nodes(func(n *N) { n.WorkerPools[0].Name = "A" }), []string{"Invalid value: " + workersPath + "[0].name"}},
		"two pools of one name":       {nodes(func(n *N) { n.WorkerPools[0].Name = "gpu-pool" }), []string{"Duplicate value: " + workersPath + "[1]"}},
		"64 pools":                    {nodes(func(n *N) { n.WorkerPools = pools(64) }), nil},
		"65 pools":                    {nodes(func(n *N) { n.WorkerPools = pools(65) }), []string{"Too many: " + workersPath}},
		"no node yet":                 {nodes(func(n *N) { n.WorkerPools[0].NodeCount = new(int32(0)) }), nil},
		"fewer nodes than none":       {nodes(func(n *N) { n.WorkerPools[0].NodeCount = new(int32(-1)) }), []string{"Invalid value: " + workersPath + "[0].nodeCount"}},
		"more nodes than there are":   {nodes(func(n *N) { n.WorkerPools[0].NodeCount = new(int32(10_001)) }), []string{"Invalid value: " + workersPath + "[0].nodeCount"}},
		"less memory than none":       {nodes(func(n *N) { n.WorkerPools[1].Memory.MemoryMiB = -1 }), []string{"Invalid value: " + workersPath + "[1].memory.memoryMiB"}},
		"a label with a space":        {nodes(func(n *N) { n.WorkerPools[0].Labels = map[string]string{"a": "b c"} }), []string{"Invalid value: " + workersPath + "[0].labels[a]"}},
		"an annotation with a space":  {nodes(func(n *N) { n.WorkerPools[0].Annotations = map[string]string{"a": "b c"} }), nil},
		"a taint without an effect":   {nodes(func(n *N) { n.WorkerPools[0].Taints[0].Effect = "" }), []string{"Required value: " + workersPath + "[0].taints[0].effect"}},
		"a taint with another effect": {nodes(func(n *N) { n.WorkerPools[0].Taints[0].Effect = "Never" }), []string{"Unsupported value: " + workersPath + "[0].taints[0].effect"}},

		"GPUs of no family":               {gpus(1, "", 1), []string{"Required value: " + workersPath + "[1].gpu.family"}},
		"a family that is no name":        {gpus(1, "A 100", 1), []string{"Invalid value: " + workersPath + "[1].gpu.family"}},
		"Default, which is no family":     {gpus(1, "Default", 1), []string{"Invalid value: " + workersPath + "[1].gpu.family"}},
		"dEFAULT, the same":               {gpus(1, "dEFAULT", 1), []string{"Invalid value: " + workersPath + "[1].gpu.family"}},
		"no GPU, which is said otherwise": {gpus(1, "A100", 0), []string{"Required value: " + workersPath + "[1].gpu.gpuCount"}},
		"fewer GPUs than none":            {gpus(1, "A100", -1), []string{"Invalid value: " + workersPath + "[1].gpu.gpuCount"}},
		"a million GPUs in one node":      {gpus(1, "A100", 1_000_000), nil},
		"a million in many":               {gpus(10_000, "A100", 100), nil},
		"more in one node":                {gpus(1, "A100", 1_000_001), []string{"Invalid value: " + workersPath + "[1].gpu.gpuCount", "Invalid value: spec.clusterVariant"}},
		"more in many":                    {gpus(10_000, "A100", 101), []string{"Invalid value: spec.clusterVariant"}},
		"more than 32 bits hold":          {gpus(10_000, "A100", 1_000_000), []string{"Invalid value: spec.clusterVariant"}},
		"more than 64 bits hold":          {gpus(math.MaxInt32, "A100", math.MaxInt32), []string{"Invalid value: " + workersPath + "[1].nodeCount", "Invalid value: " + workersPath + "[1].gpu.gpuCount", "Invalid value: spec.clusterVariant"}},
		"two pools of half a million": {nodes(func(n *N) {
			n.WorkerPools[0].GPU = &spectrocloud.GPURequirement{Family: "A100", GPUCount: 500_000}
			n.WorkerPools[1].GPU, n.WorkerPools[1].NodeCount = &spectrocloud.GPURequirement{Family: "A100", GPUCount: 500_000}, new(int32(1))
		}), nil},
		"two that are more together": {nodes(func(n *N) {
			n.WorkerPools[0].GPU = &spectrocloud.GPURequirement{Family: "A100", GPUCount: 500_001}
			n.WorkerPools[1].GPU, n.WorkerPools[1].NodeCount = &spectrocloud.GPURequirement{Family: "A100", GPUCount: 500_000}, new(int32(1))
		}), []string{"Invalid value: spec.clusterVariant"}},

		"two lines as one key":    {deployment(func(c *config) { c.SSHKeys = []string{"ssh-rsa A\nssh-rsa B"} }), []string{"Invalid value: " + configPath + ".sshKeys[0]"}},
		"a key twice":             {deployment(func(c *config) { c.SSHKeys = []string{"a", "a"} }), []string{"Duplicate value: " + configPath + ".sshKeys[1]"}},
		"a key of nothing":        {deployment(func(c *config) { c.SSHKeys = []string{""} }), []string{"Too short: " + configPath + ".sshKeys[0]"}},
		"an address of version 6": {deployment(func(c *config) { c.Edge.VIP = "fd00::1" }), nil},
		"a name for an address":   {deployment(func(c *config) { c.Edge.VIP = "vip.example.com" }), []string{"Invalid value: " + configPath + ".edge.vip"}},
		"an address too long":     {deployment(func(c *config) { c.Edge.VIP = strings.Repeat("1", 1<<20) }), []string{"Too long: " + configPath + ".edge.vip"}},
	} {
		t.Run(what, func(t *testing.T) {
			broken := pool(tc.change)
			assert.ElementsMatch(t, tc.want, said(create(t, broken)))
			assert.ElementsMatch(t, tc.want, said(create(t, workload(func(o *spectrocloud.AIWorkload) {
				o.Spec.GPURequests, o.Spec.ClusterVariant = nil, &broken.Spec.ClusterVariant
			}))))
		})
	}
}

func TestAnAIWorkloadThatBreaksARuleIsRefusedByTheFieldThatDoes(t *testing.T) {
	type W = spectrocloud.AIWorkload
	own := func() *spectrocloud.ClusterVariant { return &spectrocloud.ClusterVariant{Dedicated: cluster()} }
	withoutGPUs := func() *spectrocloud.ClusterVariant {
		return &spectrocloud.ClusterVariant{Dedicated: new(spectrocloud.ClusterDeployment)}
	}
	onPool := &spectrocloud.LocalReference{Name: "ml-cluster"}
	for what, tc := range map[string]struct {
		change func(*W)
		want   []string
	}{
		"as it should be":             {nil, nil},
		"nothing but a name":          {func(o *W) { o.Spec = spectrocloud.AIWorkloadSpec{} }, nil},
		"a model":                     {func(o *W) { o.Labels = map[string]string{"palette.ai/aiworkload-type": "model"} }, nil},
		"a type of one's own":         {func(o *W) { o.Labels = map[string]string{"palette.ai/aiworkload-type": "batch"} }, nil},
		"a name with a dot":           {func(o *W) { o.Name = "a.b" }, []string{"Invalid value: metadata.name"}},
		"on a pool":                   {func(o *W) { o.Spec.ComputePoolRef = onPool }, nil},
		"on a pool by no name":        {func(o *W) { o.Spec.ComputePoolRef = new(spectrocloud.LocalReference) }, []string{"Required value: spec.computePoolRef.name"}},
		"on a pool by a bad name":     {func(o *W) { o.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: "../x"} }, []string{"Invalid value: spec.computePoolRef.name"}},
		"in its own cluster":          {func(o *W) { o.Spec.GPURequests, o.Spec.ClusterVariant = nil, own() }, nil},
		"there with what it asks for": {func(o *W) { o.Spec.ClusterVariant = withoutGPUs() }, nil},
		"GPUs asked for twice":        {func(o *W) { o.Spec.ClusterVariant = own() }, []string{"Forbidden: spec.gpuRequests"}},
		"on a pool and in its own":    {func(o *W) { o.Spec.ComputePoolRef, o.Spec.ClusterVariant = onPool, withoutGPUs() }, []string{"Forbidden: spec.clusterVariant"}},
		"in a cluster of no variant":  {func(o *W) { o.Spec.ClusterVariant = new(spectrocloud.ClusterVariant) }, []string{"Required value: spec.clusterVariant"}},
		"in a shared cluster": {func(o *W) {
			o.Spec.ClusterVariant = &spectrocloud.ClusterVariant{Shared: new(spectrocloud.ClusterDeployment)}
		}, []string{"Forbidden: spec.clusterVariant.shared"}},
		"64 families":                 {func(o *W) { o.Spec.GPURequests = families(64) }, nil},
		"65 families":                 {func(o *W) { o.Spec.GPURequests = families(65) }, []string{"Too many: spec.gpuRequests"}},
		"a million":                   {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"a": 1_000_000} }, nil},
		"more":                        {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"a": 1_000_001} }, []string{"Invalid value: spec.gpuRequests[a]"}},
		"none":                        {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"a": 0} }, []string{"Invalid value: spec.gpuRequests[a]"}},
		"fewer than none":             {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"a": math.MinInt32} }, []string{"Invalid value: spec.gpuRequests[a]"}},
		"a family without a name":     {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"": 1} }, []string{"Too short: spec.gpuRequests"}},
		"a family that is no name":    {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"a b": 1} }, []string{"Invalid value: spec.gpuRequests"}},
		"Default, which is no family": {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"Default": 1} }, []string{"Invalid value: spec.gpuRequests[Default]"}},
		"default, the same":           {func(o *W) { o.Spec.GPURequests = spectrocloud.GPUCounts{"default": 1} }, []string{"Invalid value: spec.gpuRequests[default]"}},
		"a display name that rings":   {func(o *W) { o.Spec.DisplayName = "\a" }, []string{"Invalid value: spec.displayName"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.ElementsMatch(t, tc.want, said(create(t, workload(tc.change))))
		})
	}
}

func TestAClusterCanBeResizedButNotMadeAnother(t *testing.T) {
	for what, tc := range map[string]struct {
		change func(*spectrocloud.ComputePool)
		want   []string
	}{
		"more nodes":          {gpus(8, "NVIDIA-A100", 2), nil},
		"other GPUs":          {gpus(2, "NVIDIA-H100", 8), nil},
		"a pool less":         {nodes(func(n *spectrocloud.NodePoolRequirements) { n.WorkerPools = n.WorkerPools[:1] }), nil},
		"a pool more":         {nodes(func(n *spectrocloud.NodePoolRequirements) { n.WorkerPools = append(n.WorkerPools, pools(1)...) }), nil},
		"a larger control":    {nodes(func(n *spectrocloud.NodePoolRequirements) { n.ControlPlanePool.NodeCount = 5 }), nil},
		"other keys":          {deployment(func(c *config) { c.SSHKeys, c.DeletionPolicy = nil, "retain" }), nil},
		"another bundle":      {func(o *spectrocloud.ComputePool) { o.Spec.ProfileBundleRef, o.Spec.ScalingPolicyRef = nil, nil }, nil},
		"another cloud":       {deployment(func(c *config) { c.CloudType = "aws" }), []string{"Forbidden: " + configPath + ".cloudType"}},
		"another address":     {deployment(func(c *config) { c.Edge.VIP = "10.0.0.2" }), []string{"Forbidden: " + configPath + ".edge.vip"}},
		"no address any more": {deployment(func(c *config) { c.Edge = nil }), []string{"Forbidden: " + configPath + ".edge.vip"}},
		"shared, as it wasn't": {func(o *spectrocloud.ComputePool) {
			o.Spec.ClusterVariant = spectrocloud.ClusterVariant{Shared: cluster()}
		}, []string{"Forbidden: spec.clusterVariant"}},
	} {
		t.Run(what, func(t *testing.T) {
			assert.Equal(t, tc.want, said(update(t, pool(tc.change), pool(nil))))
		})
	}
	bare := pool(deployment(func(c *config) { c.CloudType, c.Edge = "", nil }))
	assert.Empty(t, update(t, pool(nil), bare), "what was not given before may be given")
	shared := pool(func(o *spectrocloud.ComputePool) {
		o.Spec.ClusterVariant = spectrocloud.ClusterVariant{Shared: cluster()}
	})
	assert.Equal(t, []string{"Forbidden: spec.clusterVariant"}, said(update(t, pool(nil), shared)))
}

func TestAnAIWorkloadStaysOnItsPool(t *testing.T) {
	on := func(name string) *spectrocloud.AIWorkload {
		return workload(func(o *spectrocloud.AIWorkload) { o.Spec.ComputePoolRef = &spectrocloud.LocalReference{Name: name} })
	}
	moved := []string{"Forbidden: spec.computePoolRef"}
	assert.Equal(t, moved, said(update(t, on("other"), on("ml-cluster"))))
	assert.Equal(t, moved, said(update(t, workload(nil), on("ml-cluster"))))
	assert.Equal(t, moved, said(update(t, on("ml-cluster"), workload(nil))))
	resized := on("ml-cluster")
	resized.Spec.GPURequests = spectrocloud.GPUCounts{"NVIDIA-A100": 1}
	assert.Empty(t, update(t, resized, on("ml-cluster")))
}

func TestAConsumerRefersToItsProjectItsTenantAndTheSystemOnly(t *testing.T) {
	refer := func(namespace string) (*spectrocloud.ComputePool, *spectrocloud.AIWorkload) {
		return pool(func(o *spectrocloud.ComputePool) {
				o.Spec.ProfileBundleRef.Namespace, o.Spec.ScalingPolicyRef.Namespace = namespace, namespace
			}),
			workload(func(o *spectrocloud.AIWorkload) { o.Spec.ProfileBundleRef.Namespace = namespace })
	}
	for _, namespace := range []string{"", "web", "acme", "palette-system"} {
		p, w := refer(namespace)
		assert.Empty(t, validation.ValidateConsumerReferences(p, nil, "acme", namespaces), namespace)
		assert.Empty(t, validation.ValidateConsumerReferences(w, nil, "acme", namespaces), namespace)
	}
	p, w := refer("other")
	assert.Equal(t, []string{"Unsupported value: spec.profileBundleRef.namespace", "Unsupported value: spec.scalingPolicyRef.namespace"},
		said(validation.ValidateConsumerReferences(p, nil, "acme", namespaces)))
	assert.ErrorContains(t, validation.ValidateConsumerReferences(w, nil, "acme", namespaces).ToAggregate(),
		`spec.profileBundleRef.namespace: Unsupported value: "other": supported values: "web", "acme", "palette-system"`)

	assert.Empty(t, validation.ValidateConsumerReferences(p.DeepCopy(), p, "acme", namespaces), "what stays as it is stored is not judged again")
	renamed := p.DeepCopy()
	renamed.Spec.ProfileBundleRef.Name = "another"
	assert.Equal(t, []string{"Unsupported value: spec.profileBundleRef.namespace"}, said(validation.ValidateConsumerReferences(renamed, p, "acme", namespaces)))
	p.Spec.ProfileBundleRef, p.Spec.ScalingPolicyRef = nil, nil
	assert.Empty(t, validation.ValidateConsumerReferences(p, nil, "acme", namespaces))
}

func TestAConsumersStoredSpecIsNotJudgedAgain(t *testing.T) {
	for _, stored := range []runtime.Object{
		pool(func(o *spectrocloud.ComputePool) { o.Spec.ClusterVariant = spectrocloud.ClusterVariant{} }),
		workload(func(o *spectrocloud.AIWorkload) { o.Spec.GPURequests = spectrocloud.GPUCounts{"Default": -1} }),
	} {
		labelled := stored.DeepCopyObject()
		switch o := labelled.(type) {
		case *spectrocloud.ComputePool:
			o.Labels = map[string]string{"a": "b"}
		case *spectrocloud.AIWorkload:
			o.Labels = map[string]string{"a": "b"}
		}
		assert.NotEmpty(t, create(t, stored))
		assert.Empty(t, update(t, labelled, stored))
	}
}

func TestAConsumersStatusOfNonsenseIsRefused(t *testing.T) {
	for what, tc := range map[string]struct {
		status spectrocloud.ConsumerStatus
		want   []string
	}{
		"none":                   {spectrocloud.ConsumerStatus{}, nil},
		"running":                {spectrocloud.ConsumerStatus{Phase: "Running", GPUUsage: spectrocloud.GPUCounts{"a": 1}}, nil},
		"a phase there isn't":    {spectrocloud.ConsumerStatus{Phase: "running"}, []string{"Unsupported value: status.phase"}},
		"fewer than no GPUs":     {spectrocloud.ConsumerStatus{GPUUsage: spectrocloud.GPUCounts{"a": -1}}, []string{"Invalid value: status.gpuUsage[a]"}},
		"a condition of no type": {spectrocloud.ConsumerStatus{Conditions: []metav1.Condition{{Status: "True", Reason: "R", LastTransitionTime: metav1.Now()}}}, []string{"Required value: status.conditions[0].type"}},
	} {
		t.Run(what, func(t *testing.T) {
			p := pool(func(o *spectrocloud.ComputePool) { o.Status = tc.status })
			assert.Equal(t, tc.want, said(validation.ValidateComputePoolStatusUpdate(p, pool(nil))))
			w := workload(func(o *spectrocloud.AIWorkload) { o.Status = tc.status })
			assert.Equal(t, tc.want, said(validation.ValidateAIWorkloadStatusUpdate(w, workload(nil))))
		})
	}
}
