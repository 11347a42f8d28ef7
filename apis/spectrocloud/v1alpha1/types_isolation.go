// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// TenantIsolation says what hems in the namespaces of a Tenant and of its Projects. What is not set is strict.
type TenantIsolation struct {
	// podSecurity is the level of the Pod Security Standards that Pods must keep to: restricted unless set, baseline, or
	// privileged, which asks nothing of them.
	// +optional
	// +k8s:optional
	PodSecurity PodSecurityLevel `json:"podSecurity,omitempty" protobuf:"bytes,1,opt,name=podSecurity,casttype=PodSecurityLevel"`

	// network is where connections to Pods may come from, as a NetworkPolicy in each namespace says it: the Tenant unless
	// set, the Project alone, or from anywhere (None). Policies of the Project's own may let in more.
	// +optional
	// +k8s:optional
	Network NetworkBoundary `json:"network,omitempty" protobuf:"bytes,2,opt,name=network,casttype=NetworkBoundary"`

	// imagePull is Always unless set: each container says imagePullPolicy Always, so that nobody runs an image that others
	// were given the password for. Any leaves it to the container.
	// +optional
	// +k8s:optional
	ImagePull ImagePull `json:"imagePull,omitempty" protobuf:"bytes,3,opt,name=imagePull,casttype=ImagePull"`

	// quota is the ResourceQuota of each namespace. Unless set it is generous, and forbids Services of type NodePort; one
	// without entries is no quota at all.
	// +optional
	// +k8s:optional
	Quota *NamespaceQuota `json:"quota,omitempty" protobuf:"bytes,4,opt,name=quota"`
}

// PodSecurityLevel is one of Kubernetes' Pod Security Standards.
// +enum
// +k8s:enum
type PodSecurityLevel string

// The Pod Security Standards, the strictest first.
const (
	// PodSecurityRestricted asks Pods to run as somebody other than root, without capabilities or ways to get any.
	PodSecurityRestricted PodSecurityLevel = "restricted"
	// PodSecurityBaseline keeps Pods from taking over their node.
	PodSecurityBaseline PodSecurityLevel = "baseline"
	// PodSecurityPrivileged allows everything.
	PodSecurityPrivileged PodSecurityLevel = "privileged"
)

// NetworkBoundary says where connections to Pods may come from.
// +enum
// +k8s:enum
type NetworkBoundary string

// The boundaries.
const (
	// NetworkBoundaryTenant lets in connections from the Tenant's namespaces.
	NetworkBoundaryTenant NetworkBoundary = "Tenant"
	// NetworkBoundaryProject lets in connections from the namespace itself.
	NetworkBoundaryProject NetworkBoundary = "Project"
	// NetworkBoundaryNone generates no NetworkPolicy.
	NetworkBoundaryNone NetworkBoundary = "None"
)

// ImagePull says whether Pods may use images that others have brought to their node.
// +enum
// +k8s:enum
type ImagePull string

// The rules of pulling images.
const (
	// ImagePullAlways asks each container to say imagePullPolicy Always.
	ImagePullAlways ImagePull = "Always"
	// ImagePullAny leaves it to the container.
	ImagePullAny ImagePull = "Any"
)

// NamespaceQuota bounds what one namespace may hold.
type NamespaceQuota struct {
	// hard is how much there may be of each resource, at most 64 of them, by the names that a ResourceQuota uses: "pods",
	// "requests.cpu", "count/deployments.apps". Where it bounds what containers request, a LimitRange requests a little for
	// those that say nothing.
	// +optional
	// +k8s:optional
	// +k8s:maxProperties=64
	Hard map[string]resource.Quantity `json:"hard,omitempty" protobuf:"bytes,1,rep,name=hard"`
}
