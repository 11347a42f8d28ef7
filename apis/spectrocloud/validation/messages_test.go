// SPDX-License-Identifier: Apache-2.0

package validation_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/runtime"

	"spectrocloud.com/tenancy/apis/spectrocloud"
	"spectrocloud.com/tenancy/apis/spectrocloud/validation"
)

func TestARefusalSaysWhatWasWrongAndWhatWouldBeRight(t *testing.T) {
	type (
		T      = spectrocloud.Tenant
		P      = spectrocloud.Project
		counts = spectrocloud.GPUCounts
	)
	for want, obj := range map[string]runtime.Object{
		`metadata.name: Invalid value: "default": the namespace "default" can't be claimed: it is the cluster's default namespace; choose another name`:  tenant(func(o *T) { o.Name, o.Spec.SettingsRef = "default", nil }),
		`metadata.name: Invalid value: "kube-x": the namespace "kube-x" can't be claimed: it is reserved for the Kubernetes system; choose another name`: tenant(func(o *T) { o.Name, o.Spec.SettingsRef = "kube-x", nil }),
		`the namespace "palette-system" can't be claimed: it is the system namespace of this installation`:                                               tenant(func(o *T) { o.Name = "palette-system" }),
		`the namespace "tenancy" can't be claimed: this API server runs in it`:                                                                           tenant(func(o *T) { o.Name = "tenancy" }),
		`metadata.name: Invalid value: "web": must equal the namespace, "other": a Project lives in the namespace of its own name`:                       project(func(o *P) { o.Namespace = "other" }),
		`spec.settingsRef.namespace: Unsupported value: "other": supported values: "acme", "palette-system"`:                                             tenant(func(o *T) { o.Spec.SettingsRef.Namespace = "other" }),
		`spec.computeConfigRef.namespace: Unsupported value: "other": supported values: "web", "acme", "palette-system"`:                                 project(func(o *P) { o.Spec.ComputeConfigRef.Namespace = "other" }),
		`spec.tenantRoleMapping.groups[0]: Invalid value: "system:masters": must be a group of your identity provider: "system:" is reserved for Kubernetes`: tenant(func(o *T) {
			o.Spec.TenantRoleMapping.Groups = []string{"system:masters"}
		}),
		`spec.roleMapping.editor[1]: Invalid value: "dev ": must not begin or end with white space or contain control characters`: project(func(o *P) { o.Spec.RoleMapping.Editor = []string{"a", "dev "} }),
		`spec.displayName: Invalid value: "\x1b[31mred": must not contain control characters`:                                     tenant(func(o *T) { o.Spec.DisplayName = "\x1b[31mred" }),
		`spec.gpuResources.limits[default]: Invalid value: "default": write Default to mean every family that is not listed`:      tenant(func(o *T) { o.Spec.GPUResources.Limits = counts{"default": 1} }),
		`spec.gpuResources.limits[a]: Invalid value: 2147483647: must be less than or equal to 1000000`:                           tenant(func(o *T) { o.Spec.GPUResources.Limits = counts{"a": math.MaxInt32} }),
		`spec.gpuResources.requests[a]: Invalid value: -2147483648: must be greater than or equal to 0`:                           project(func(o *P) { o.Spec.GPUResources.Requests = counts{"a": math.MinInt32} }),
		`spec.tenantRoleMapping.groups: Too many: 65: must have at most 64 items`:                                                 tenant(func(o *T) { o.Spec.TenantRoleMapping.Groups = groups(65) }),
		`spec.displayName: Too long: may not be more than 253`:                                                                    tenant(func(o *T) { o.Spec.DisplayName = strings.Repeat("x", 254) }),

		`metadata.name: Invalid value: "ML": must have 3 to 33 characters, lowercase letters, digits and "-", beginning with a letter and ending with a letter or a digit`: pool(func(o *spectrocloud.ComputePool) { o.Name = "ML" }),
		`spec.clusterVariant: Required value: must be either dedicated or shared`:                                                                                          pool(func(o *spectrocloud.ComputePool) { o.Spec.ClusterVariant.Dedicated = nil }),
		`spec.clusterVariant: Forbidden: must be either dedicated or shared, not both`:                                                                                     pool(func(o *spectrocloud.ComputePool) { o.Spec.ClusterVariant.Shared = cluster() }),
		`spec.clusterVariant: Invalid value: "A100": all nodes together ask for more than 1000000 GPUs of this family`:                                                     pool(gpus(10_000, "A100", 101)),
		`workerPools[1].gpu.family: Invalid value: "Default": must be the name of a GPU family: Default stands for families in quotas only`:                                pool(gpus(1, "Default", 1)),
		`controlPlanePool.nodeCount: Invalid value: 2: must be 1, 3 or 5`:                                                                                                  pool(nodes(func(n *spectrocloud.NodePoolRequirements) { n.ControlPlanePool.NodeCount = 2 })),
		`workerPools[0].taints[0].effect: Unsupported value: "No": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"`:                                        pool(nodes(func(n *spectrocloud.NodePoolRequirements) { n.WorkerPools[0].Taints[0].Effect = "No" })),
		`spec.clusterVariant.shared: Forbidden: only a ComputePool may be shared: create one, and name it in computePoolRef`: workload(func(o *spectrocloud.AIWorkload) {
			o.Spec.ClusterVariant = &spectrocloud.ClusterVariant{Shared: cluster()}
		}),
		`spec.gpuRequests: Forbidden: may not be set where worker pools of clusterVariant ask for GPUs`: workload(func(o *spectrocloud.AIWorkload) {
			o.Spec.ClusterVariant = &spectrocloud.ClusterVariant{Dedicated: cluster()}
		}),

		`spec.integrations.palette.secretRef.namespace: Invalid value: "acme": must be "web", the namespace of the Settings, or empty`: settings(func(o *spectrocloud.Settings) {
			o.Spec.Integrations.Palette.SecretRef.Namespace = "acme"
		}),
		`spec.integrations.palette.hostURL: Invalid value: must not contain credentials: put them in the Secret that secretRef names`: settings(func(o *spectrocloud.Settings) {
			o.Spec.Integrations.Palette.HostURL = "https://ann:secret@example.com"
		}),
		`edge.ntpServers[0]: Invalid value: "a b": must be the name or the IP address of a host`: computeConfig(func(o *spectrocloud.ComputeConfig) {
			o.Spec.PaletteClusterConfig.Defaults.Edge.NTPServers = []string{"a b"}
		}),
		`spec.cooldownDuration: Invalid value: "-1s": must be a duration from 0s to 24h, for example 90s or 1h30m`: scalingPolicy(func(o *spectrocloud.ScalingPolicy) {
			o.Spec.CooldownDuration = "-1s"
		}),
		`spec.cpu.scaleDownThreshold: Invalid value: 90: must be below scaleUpThreshold, 80`: scalingPolicy(func(o *spectrocloud.ScalingPolicy) {
			*o.Spec.CPU.ScaleDownThreshold = 90
		}),
		`spec.clusterProfiles[1].type: Invalid value: "Full": must be AddOn: the cluster is infra's already`: profileBundle(func(o *spectrocloud.ProfileBundle) {
			o.Spec.ClusterProfiles[1].Type = spectrocloud.ClusterProfileFull
		}),
		`spec.clusterProfiles[0].type: Invalid value: "Infrastructure": must be AddOn: a bundle of type Model makes no cluster`: profileBundle(func(o *spectrocloud.ProfileBundle) {
			o.Spec.Type = spectrocloud.BundleModel
		}),
		`spec.revisionOf.name: Invalid value: "inference-2": must be another WorkloadProfile: a revision has a name of its own`: workloadProfile(func(o *spectrocloud.WorkloadProfile) {
			o.Spec.RevisionOf.Name = "inference-2"
		}),
		`spec.schematic.cue.template: Invalid value: "\x1b": must not contain control characters other than line breaks and tabs`: componentDefinition(func(o *spectrocloud.ComponentDefinition) {
			o.Spec.Schematic.CUE.Template = "\x1b"
		}),
		`spec.displayName: Invalid value: "\xff": must be valid UTF-8`: traitDefinition(func(o *spectrocloud.TraitDefinition) { o.Spec.DisplayName = "\xff" }),
		`spec.variables[0].name: Invalid value: "a-b": must be a letter or an underscore, then letters, digits and underscores`: variableSet(func(o *spectrocloud.VariableSet) {
			o.Spec.Variables[0].Name = "a-b"
		}),
		`spec.variables[1].value: Forbidden: may not be set beside secretRef, which says where the value is`: variableSet(func(o *spectrocloud.VariableSet) { o.Spec.Variables[1].Value = "a" }),
	} {
		assert.ErrorContains(t, create(t, obj).ToAggregate(), want)
	}
	another := workloadProfile(func(o *spectrocloud.WorkloadProfile) { o.Spec.Description = "Another." })
	assert.ErrorContains(t, update(t, another, workloadProfile(nil)).ToAggregate(),
		`spec: Forbidden: can't be changed: create another WorkloadProfile, with spec.revisionOf naming this one if it is a new revision of it`)
	moved := project(func(p *P) { p.Spec.TenantRef.Name = "other" })
	assert.ErrorContains(t, update(t, moved, project(nil)).ToAggregate(), `spec.tenantRef.name: Invalid value: null: field is immutable`)
	shared := pool(func(o *spectrocloud.ComputePool) {
		o.Spec.ClusterVariant = spectrocloud.ClusterVariant{Shared: cluster()}
	})
	assert.ErrorContains(t, update(t, shared, pool(nil)).ToAggregate(),
		`spec.clusterVariant: Forbidden: a dedicated cluster can't be made a shared one, nor the other way round: create another object`)
}

func TestAMegabyteIsRefusedInAFewBytes(t *testing.T) {
	huge := strings.Repeat("system:\x00", 1<<17)
	for name, obj := range map[string]runtime.Object{
		"display name": tenant(func(o *spectrocloud.Tenant) { o.Spec.DisplayName = huge }),
		"group":        tenant(func(o *spectrocloud.Tenant) { o.Spec.TenantRoleMapping.Groups = []string{huge} }),
		"key":          pool(deployment(func(c *config) { c.SSHKeys = []string{huge} })),
		"address":      pool(deployment(func(c *config) { c.Edge.VIP = huge })),
		"description":  workload(func(o *spectrocloud.AIWorkload) { o.Spec.Description = huge }),
	} {
		t.Run(name, func(t *testing.T) {
			errs := create(t, obj)
			assert.Len(t, errs, 1)
			assert.Less(t, len(errs.ToAggregate().Error()), 1000)
		})
	}
}

func TestManyErrorsAreAnsweredByAFew(t *testing.T) {
	errs := create(t, workloadProfile(func(o *spectrocloud.WorkloadProfile) {
		o.Spec.Workload.Components = many(64, func(name string) spectrocloud.Component {
			return spectrocloud.Component{Name: name, Type: "a", Traits: make([]spectrocloud.Trait, 64)}
		})
	}))
	assert.Len(t, errs, 101)
	assert.Equal(t, "spec: Invalid value: and 3996 more errors", errs[100].Error())
	assert.Less(t, len(errs.ToAggregate().Error()), 10_000)
}

func TestOutsideAClusterNoNameIsTheServersNamespace(t *testing.T) {
	unnamed := tenant(func(o *spectrocloud.Tenant) { o.Name = "" })
	for _, err := range validation.ValidateTenant(unnamed, validation.Namespaces{System: "palette-system"}) {
		assert.NotContains(t, err.Detail, "runs in it")
	}
}
