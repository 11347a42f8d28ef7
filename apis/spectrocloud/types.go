// SPDX-License-Identifier: Apache-2.0

package spectrocloud

// ResourceReference names an object, in another namespace if Namespace is set.
type ResourceReference struct {
	Name      string
	Namespace string
}

// GPUCounts is a number of GPUs per GPU family.
type GPUCounts map[string]int32

// DefaultFamily is the key of GPUCounts that stands for every family the same map does not list.
const DefaultFamily = "Default"

// GPUResources are the GPU quotas of a Tenant or a Project.
type GPUResources struct {
	Limits   GPUCounts
	Requests GPUCounts
}
