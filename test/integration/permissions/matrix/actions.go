// SPDX-License-Identifier: Apache-2.0

package matrix

import "strings"

// Section is what seed 004 says of one kind of things.
type Section struct {
	Title   string
	Actions []Action
}

// Action is what the product's UI lets people do in a Project, with the permission that it takes. Who has it is in Places.
type Action struct {
	Title      string
	Permission string // GROUP/RESOURCE:VERB
	// Change is a merge patch, in YAML, of the object that is created or updated.
	Change string
}

// Parts are the resource and the verb of the permission.
func (a Action) Parts() (resource, verb string) {
	resource, verb, _ = strings.Cut(a.Permission, ":")
	return resource, verb
}

// Levels are those of the action's resource.
func (a Action) Levels() Levels {
	resource, _ := a.Parts()
	return InProject(resource)
}

// Answer is what the person is told who does it.
func (a Action) Answer(person Person) Answer {
	_, verb := a.Parts()
	return a.Levels()[person].Answer(verb)
}

const anotherTemplate = `{spec: {version: v2, schematic: {cue: {template: "parameter: more: int"}}}}`

// Sections are seed 004, in its words and its order, and a last one with what seed 001 names beside.
var Sections = []Section{
	{"App Deployments", []Action{
		{"Create an app deployment", "spectrocloud.com/aiworkloads:create", ``},
		{"Clone an app deployment", "spectrocloud.com/aiworkloads:create", `{spec: {displayName: Copy}}`},
		{"Edit an app deployment", "spectrocloud.com/aiworkloads:update", `{spec: {gpuRequests: {NVIDIA-A100: 2}}}`},
		{"Delete an app deployment", "spectrocloud.com/aiworkloads:delete", ``},
	}},
	{"Model Deployments", []Action{
		{"Create a model deployment", "spectrocloud.com/aiworkloads:create", `{metadata: {labels: {palette.ai/aiworkload-type: model}}}`},
		{"Clone a model deployment", "spectrocloud.com/aiworkloads:create", `{metadata: {labels: {palette.ai/aiworkload-type: model}}}`},
		{"Edit a model deployment", "spectrocloud.com/aiworkloads:update", `{spec: {displayName: Renamed}}`},
		{"Delete a model deployment", "spectrocloud.com/aiworkloads:delete", ``},
	}},
	{"Profile Bundles", []Action{
		{"Create a profile bundle", "spectrocloud.com/profilebundles:create", ``},
		{"Clone a profile bundle", "spectrocloud.com/profilebundles:create", `{spec: {displayName: Copy}}`},
		{"Create a new version", "spectrocloud.com/profilebundles:create", `{spec: {version: v2}}`},
		{"Delete a profile bundle", "spectrocloud.com/profilebundles:delete", ``},
	}},
	{"Workload Profiles", []Action{
		{"Create a workload profile", "spectrocloud.com/workloadprofiles:create", ``},
		{"Clone a workload profile", "spectrocloud.com/workloadprofiles:create", `{spec: {displayName: Copy}}`},
		{"Create a new version", "spectrocloud.com/workloadprofiles:create", `{spec: {revisionOf: {name: sample}}}`},
		{"Delete a workload profile", "spectrocloud.com/workloadprofiles:delete", ``},
	}},
	{"Definitions", []Action{
		{"Create a Component Definition", "spectrocloud.com/componentdefinitions:create", ``},
		{"Clone a Component Definition", "spectrocloud.com/componentdefinitions:create", `{spec: {displayName: Copy}}`},
		{"Add a version to a Component Definition", "spectrocloud.com/componentdefinitions:create", anotherTemplate},
		{"Create a Trait Definition", "spectrocloud.com/traitdefinitions:create", ``},
		{"Clone a Trait Definition", "spectrocloud.com/traitdefinitions:create", `{spec: {displayName: Copy}}`},
		{"Add a version to a Trait Definition", "spectrocloud.com/traitdefinitions:create", anotherTemplate},
		{"Delete a Component Definition", "spectrocloud.com/componentdefinitions:delete", ``},
		{"Delete a Trait Definition", "spectrocloud.com/traitdefinitions:delete", ``},
	}},
	{"Projects", []Action{
		{"Create a project", "spectrocloud.com/projects:create", ``},
		{"Create a compute config", "spectrocloud.com/computeconfigs:create", ``},
		{"Create project-level settings", "spectrocloud.com/settings:create", ``},
		{"Edit a compute config", "spectrocloud.com/computeconfigs:update", `{spec: {displayName: Renamed}}`},
		{"Edit any project setting", "spectrocloud.com/projects:update", `{spec: {displayName: Renamed}}`},
		{"Add an integration within a settings resource", "spectrocloud.com/settings:update", `{spec: {integrations: {nvidiaNGC: {organization: lab}}}}`},
		{"Edit an integration within a settings resource", "spectrocloud.com/settings:update", `{spec: {integrations: {palette: {tenant: lab}}}}`},
		{"Delete an integration within a settings resource", "spectrocloud.com/settings:update", `{spec: {integrations: {palette: null}}}`},
		{"Switch the active settings ref for a project", "spectrocloud.com/projects:update", `{spec: {settingsRef: {name: other}}}`},
		{"Delete a settings resource", "spectrocloud.com/settings:delete", ``},
		{"Delete a project", "spectrocloud.com/projects:delete", ``},
		{"Delete a compute config", "spectrocloud.com/computeconfigs:delete", ``},
	}},
	{"Compute Pools", []Action{
		{"Create a compute pool", "spectrocloud.com/computepools:create", ``},
		{"Clone a compute pool", "spectrocloud.com/computepools:create", `{spec: {displayName: Copy}}`},
		{"Edit compute pool settings", "spectrocloud.com/computepools:update", `{spec: {description: Ours, scalingPolicyRef: {name: sample}}}`},
		{"Update the profile bundle", "spectrocloud.com/computepools:update", `{spec: {profileBundleRef: {name: sample, cloudType: edge-native}}}`},
		{"Delete a compute pool", "spectrocloud.com/computepools:delete", ``},
	}},
	{"Variables", []Action{
		{"Add a variable", "spectrocloud.com/variablesets:update", `{spec: {variables: [{name: A, value: a}, {name: B, value: b}]}}`},
		{"Edit a variable", "spectrocloud.com/variablesets:update", `{spec: {variables: [{name: A, value: other}]}}`},
		{"Delete a variable", "spectrocloud.com/variablesets:update", `{spec: {variables: []}}`},
		{"Bulk edit variables", "spectrocloud.com/variablesets:update", `{spec: {variables: [{name: B, value: b}, {name: C, value: c}]}}`},
	}},
	{"Helm Repositories", []Action{
		{"Add a Helm repository", "source.toolkit.fluxcd.io/helmrepositories:create", ``},
		{"Edit a Helm repository", "source.toolkit.fluxcd.io/helmrepositories:update", `{spec: {url: "https://other.example.com"}}`},
		{"Delete a Helm repository", "source.toolkit.fluxcd.io/helmrepositories:delete", ``},
	}},
	{"OCI Repositories", []Action{
		{"Add an OCI repository", "source.toolkit.fluxcd.io/ocirepositories:create", ``},
		{"Edit an OCI repository", "source.toolkit.fluxcd.io/ocirepositories:update", `{spec: {url: "oci://other.example.com/x"}}`},
		{"Delete an OCI repository", "source.toolkit.fluxcd.io/ocirepositories:delete", ``},
	}},
	{"Further actions, from seed 001", []Action{
		{"Set the Project's GPU quotas", "spectrocloud.com/projects:update", `{spec: {gpuResources: {limits: {NVIDIA-H100: 8}}}}`},
		{"Bind other OIDC groups to the Project's roles", "spectrocloud.com/projects:update", `{spec: {roleMapping: {viewer: [lab-viewers, auditors]}}}`},
		{"Create a scaling policy", "spectrocloud.com/scalingpolicies:create", ``},
		{"Edit a scaling policy", "spectrocloud.com/scalingpolicies:update", `{spec: {displayName: Renamed}}`},
		{"Delete a scaling policy", "spectrocloud.com/scalingpolicies:delete", ``},
		{"Create a Policy Definition", "spectrocloud.com/policydefinitions:create", ``},
		{"Edit a Policy Definition", "spectrocloud.com/policydefinitions:update", anotherTemplate},
		{"Delete a Policy Definition", "spectrocloud.com/policydefinitions:delete", ``},
		{"Create a Secret", "secrets:create", ``},
		{"Edit a Secret", "secrets:update", `{stringData: {a: b}}`},
		{"Delete a Secret", "secrets:delete", ``},
		{"Read the GPU usage of the Project", "spectrocloud.com/projects/gpuusage:get", ``},
		{"Read the effective settings of the Project", "spectrocloud.com/projects/effectivesettings:get", ``},
	}},
}
