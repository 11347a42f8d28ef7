// SPDX-License-Identifier: Apache-2.0

package spectrocloud

import "k8s.io/apimachinery/pkg/api/resource"

// TenantIsolation says what hems in the namespaces of a Tenant and of its Projects. What is not set is strict.
type TenantIsolation struct {
	PodSecurity PodSecurityLevel
	Network     NetworkBoundary
	ImagePull   ImagePull
	Quota       *NamespaceQuota
}

// PodSecurityLevel is one of Kubernetes' Pod Security Standards.
type PodSecurityLevel string

// NetworkBoundary says where connections to Pods may come from.
type NetworkBoundary string

// The boundaries.
const (
	NetworkBoundaryTenant  NetworkBoundary = "Tenant"
	NetworkBoundaryProject NetworkBoundary = "Project"
	NetworkBoundaryNone    NetworkBoundary = "None"
)

// ImagePull says whether Pods may use images that others have brought to their node.
type ImagePull string

// NamespaceQuota bounds what one namespace may hold.
type NamespaceQuota struct {
	Hard map[string]resource.Quantity
}
