// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
)

// changed is a new object, changed.
func changed[T any](obj *T, change func(*T)) *T {
	if change != nil {
		change(obj)
	}
	return obj
}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "web", ResourceVersion: "1"}
}

func settings(change func(*spectrocloud.Settings)) *spectrocloud.Settings {
	secret := func(name string) *spectrocloud.SecretKeyReference {
		return &spectrocloud.SecretKeyReference{Name: name, Namespace: "web", Key: "key"}
	}
	return changed(&spectrocloud.Settings{ObjectMeta: meta("settings"), Spec: spectrocloud.SettingsSpec{
		DisplayName: "Web", Description: "Of the team.",
		Integrations: spectrocloud.Integrations{
			Palette: &spectrocloud.PaletteIntegration{SecretRef: secret("palette"), HostURL: "https://palette.example.com:8443/api",
				Tenant: "acme", DefaultProjectID: "default"},
			HuggingFace: &spectrocloud.HuggingFaceIntegration{SecretRef: secret("hub"), Endpoint: "https://[fd00::1]"},
			NVIDIANGC:   &spectrocloud.NVIDIANGCIntegration{SecretRef: secret("ngc"), Organization: "acme", Team: "web"},
		},
	}}, change)
}

func computeConfig(change func(*spectrocloud.ComputeConfig)) *spectrocloud.ComputeConfig {
	nodes := cluster().PaletteClusterDeploymentConfig
	return changed(&spectrocloud.ComputeConfig{ObjectMeta: meta("edge"), Spec: spectrocloud.ComputeConfigSpec{
		DisplayName: "Edge", Description: "Of the edge.",
		PaletteClusterConfig: spectrocloud.PaletteClusterConfig{Defaults: spectrocloud.PaletteClusterDefaults{
			ControlPlanePool: *nodes.NodePoolRequirements.ControlPlanePool, WorkerPools: nodes.NodePoolRequirements.WorkerPools, SSHKeys: nodes.SSHKeys,
			Edge: &spectrocloud.EdgeDefaults{
				NTPServers: []string{"ntp.example.com", "10.0.0.1", "fd00::1"},
				NetworkOverlayConfig: &spectrocloud.NetworkOverlayConfig{
					Enabled: true, StaticIP: true, CIDR: "100.64.0.0/16", OverlayNetworkType: spectrocloud.OverlayVXLAN},
				IsTwoNode: true,
			},
		}},
	}}, change)
}

func trigger() spectrocloud.ScalingTrigger {
	return spectrocloud.ScalingTrigger{ScaleUpThreshold: new(int32(80)), ScaleDownThreshold: new(int32(20)), ScaleUpDuration: "5m", ScaleDownDuration: "10m"}
}

func scalingPolicy(change func(*spectrocloud.ScalingPolicy)) *spectrocloud.ScalingPolicy {
	cpu := trigger()
	return changed(&spectrocloud.ScalingPolicy{ObjectMeta: meta("busy"), Spec: spectrocloud.ScalingPolicySpec{
		DisplayName: "Busy", Description: "Grows.",
		CPU:               &cpu,
		CPUResourceBounds: &spectrocloud.CPUResourceBounds{MinCPUCount: 8, MaxCPUCount: 64},
		GPU:               []spectrocloud.GPUScalingTrigger{{Family: "NVIDIA-A100", ScalingTrigger: trigger()}},
		GPUResourceBounds: []spectrocloud.GPUResourceBounds{{Family: "NVIDIA-A100", MinGPUCount: 1, MaxGPUCount: 8}},
		CooldownDuration:  "15m",
		AbortDuration:     "30m",
	}}, change)
}

func profileBundle(change func(*spectrocloud.ProfileBundle)) *spectrocloud.ProfileBundle {
	return changed(&spectrocloud.ProfileBundle{ObjectMeta: meta("edge"), Spec: spectrocloud.ProfileBundleSpec{
		DisplayName: "Edge", Description: "All of it.", Type: spectrocloud.BundleFullstack, Version: "v0.0.1", CloudTypes: []string{"edge-native"},
		ClusterProfiles: []spectrocloud.ClusterProfile{
			{Name: "infra", Type: spectrocloud.ClusterProfileInfrastructure, Version: "1.2.0", UID: "65f0"},
			{Name: "gpu-operator", Type: spectrocloud.ClusterProfileAddOn},
		},
		WorkloadProfiles: []spectrocloud.WorkloadProfileReference{{Name: "inference", Namespace: "palette-system"}, {Name: "own"}},
	}}, change)
}

func properties(json string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(json)} }

func component(name string) spectrocloud.Component {
	return spectrocloud.Component{
		Name: name, Type: "webservice", Properties: properties(`{"image":"a"}`),
		DefinitionOutputRefs: []spectrocloud.DefinitionOutputReference{{Name: "address", PathRef: spectrocloud.PathReference{
			APIVersion: "apps/v1", Kind: "Deployment", Path: ".status.loadBalancer.ingress[0].ip", Labels: map[string]string{"a": "b"}, SkipHash: true}}},
		Traits: []spectrocloud.Trait{{Type: "scaler", Properties: properties(`{"replicas":2}`)}},
	}
}

func workloadProfile(change func(*spectrocloud.WorkloadProfile)) *spectrocloud.WorkloadProfile {
	return changed(&spectrocloud.WorkloadProfile{ObjectMeta: meta("inference-2"), Spec: spectrocloud.WorkloadProfileSpec{
		DisplayName: "Inference", Description: "Serves.", Type: spectrocloud.WorkloadApplication, RevisionOf: &spectrocloud.ProfileReference{Name: "inference"},
		Workload: spectrocloud.WorkloadTemplate{
			Components: []spectrocloud.Component{component("server")},
			Policies:   []spectrocloud.Policy{{Name: "single", Type: "topology", Properties: properties(`{}`)}},
		},
	}}, change)
}

func schematic() spectrocloud.Schematic {
	return spectrocloud.Schematic{CUE: spectrocloud.CUETemplate{Template: "parameter: {\r\n\timage: string\n}\n"}}
}

func componentDefinition(change func(*spectrocloud.ComponentDefinition)) *spectrocloud.ComponentDefinition {
	return changed(&spectrocloud.ComponentDefinition{ObjectMeta: meta("webservice"), Spec: spectrocloud.ComponentDefinitionSpec{
		DisplayName: "Web", Description: "Serves.", Version: "v1", Schematic: schematic(),
		Workload: &spectrocloud.WorkloadGVK{APIVersion: "apps/v1", Kind: "Deployment"},
	}}, change)
}

func traitDefinition(change func(*spectrocloud.TraitDefinition)) *spectrocloud.TraitDefinition {
	return changed(&spectrocloud.TraitDefinition{ObjectMeta: meta("scaler"), Spec: spectrocloud.TraitDefinitionSpec{
		DisplayName: "Scaler", Description: "Scales.", Version: "v1", Schematic: schematic(), AppliesToWorkloads: []string{"webservice"},
	}}, change)
}

func policyDefinition(change func(*spectrocloud.PolicyDefinition)) *spectrocloud.PolicyDefinition {
	return changed(&spectrocloud.PolicyDefinition{ObjectMeta: meta("topology"), Spec: spectrocloud.PolicyDefinitionSpec{
		DisplayName: "Topology", Description: "Places.", Version: "v1", Schematic: schematic(),
	}}, change)
}

func variableSet(change func(*spectrocloud.VariableSet)) *spectrocloud.VariableSet {
	return changed(&spectrocloud.VariableSet{ObjectMeta: meta("variables"), Spec: spectrocloud.VariableSetSpec{
		DisplayName: "Variables", Description: "Of the team.",
		Variables: []spectrocloud.Variable{
			{Name: "MODEL_REGISTRY", Description: "Where models are.", Value: "registry.example.com/models"},
			{Name: "_token1", SecretRef: &spectrocloud.VariableSecretReference{Name: "hub", Key: "token"}},
		},
	}}, change)
}

// valid is an object of each kind, as it should be.
func valid() map[string]runtime.Object {
	return map[string]runtime.Object{
		"Tenant": tenant(nil), "Project": project(nil), "ComputePool": pool(nil), "AIWorkload": workload(nil), "Settings": settings(nil),
		"ComputeConfig": computeConfig(nil), "ScalingPolicy": scalingPolicy(nil), "ProfileBundle": profileBundle(nil),
		"WorkloadProfile": workloadProfile(nil), "ComponentDefinition": componentDefinition(nil), "TraitDefinition": traitDefinition(nil),
		"PolicyDefinition": policyDefinition(nil), "VariableSet": variableSet(nil),
	}
}
