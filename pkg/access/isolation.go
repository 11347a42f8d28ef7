// SPDX-License-Identifier: Apache-2.0

package access

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
)

// Names of what hems in a namespace, in each that is generated.
const (
	NetworkPolicyName = "tenancy-isolation"
	ResourceQuotaName = "tenancy-quota"
	LimitRangeName    = "tenancy-requests"
)

// Labels of a namespace that Pod Security admission goes by. The levels of old versions ask for less.
const (
	enforcePodSecurity        = "pod-security.kubernetes.io/enforce"
	enforcePodSecurityVersion = "pod-security.kubernetes.io/enforce-version"
	warnPodSecurity           = "pod-security.kubernetes.io/warn"
	warnPodSecurityVersion    = "pod-security.kubernetes.io/warn-version"
	latestPodSecurity         = "latest"
)

// defaultQuota is far more than a team needs, and little enough that no namespace alone fills the cluster's etcd. A port
// of the nodes, which load balancers have too unless they say otherwise, would be open on every node.
var defaultQuota = map[string]string{
	"configmaps":                 "2000",
	"persistentvolumeclaims":     "1000",
	"pods":                       "2000",
	"requests.cpu":               "2000",
	"requests.ephemeral-storage": "16Ti",
	"requests.memory":            "16Ti",
	"requests.storage":           "64Ti",
	"secrets":                    "2000",
	"services":                   "500",
	"services.loadbalancers":     "50",
	"services.nodeports":         "0",
}

// smallRequests are what a container requests that says nothing, of what a quota may bound: without, it would be refused.
var smallRequests = map[corev1.ResourceName]string{
	corev1.ResourceCPU:              "100m",
	corev1.ResourceEphemeralStorage: "256Mi",
	corev1.ResourceMemory:           "128Mi",
}

// PodLabels are the labels of a Tenant's namespaces, and of its Projects', that say what Pods they take.
func PodLabels(isolation v1alpha1.TenantIsolation) map[string]string {
	level, pull := isolation.PodSecurity, isolation.ImagePull
	if level == "" {
		level = v1alpha1.PodSecurityRestricted
	}
	if pull == "" {
		pull = v1alpha1.ImagePullAlways
	}
	return map[string]string{
		enforcePodSecurity: string(level), enforcePodSecurityVersion: latestPodSecurity,
		warnPodSecurity: string(level), warnPodSecurityVersion: latestPodSecurity,
		v1alpha1.LabelImagePull: strings.ToLower(string(pull)),
	}
}

// isolate adds what hems in a namespace of the Tenant.
func (o *Objects) isolate(namespace string, labels func() map[string]string, tenant *v1alpha1.Tenant) {
	isolation := tenant.Spec.Isolation
	object := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels()}
	}
	if isolation.Network != v1alpha1.NetworkBoundaryNone {
		o.NetworkPolicies = append(o.NetworkPolicies, &networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "NetworkPolicy"},
			ObjectMeta: object(NetworkPolicyName),
			Spec: networkingv1.NetworkPolicySpec{
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
				Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{peer(isolation.Network, tenant.Name)}}},
			},
		})
	}
	hard := quota(isolation.Quota)
	if len(hard) == 0 {
		return
	}
	o.ResourceQuotas = append(o.ResourceQuotas, &corev1.ResourceQuota{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"}, ObjectMeta: object(ResourceQuotaName), Spec: corev1.ResourceQuotaSpec{Hard: hard},
	})
	if limits := limitRange(hard); len(limits.DefaultRequest) > 0 {
		o.LimitRanges = append(o.LimitRanges, &corev1.LimitRange{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"}, ObjectMeta: object(LimitRangeName),
			Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{limits}},
		})
	}
}

// peer is whose connections a namespace takes. The labels of namespaces are written by the controllers and by who may
// write namespaces, which no generated role lets anybody.
func peer(boundary v1alpha1.NetworkBoundary, tenant string) networkingv1.NetworkPolicyPeer {
	if boundary == v1alpha1.NetworkBoundaryProject {
		return networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}
	}
	return networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: TenantLabels(tenant)}}
}

func quota(wanted *v1alpha1.NamespaceQuota) corev1.ResourceList {
	hard := corev1.ResourceList{}
	if wanted == nil {
		for name, quantity := range defaultQuota {
			hard[corev1.ResourceName(name)] = resource.MustParse(quantity)
		}
		return hard
	}
	for name, quantity := range wanted.Hard {
		hard[corev1.ResourceName(name)] = quantity
	}
	return hard
}

// limitRange gives containers that say nothing a little of everything that the quota asks them to request. Where it asks for
// limits they have to say them: a small limit that nobody chose would kill them later.
func limitRange(hard corev1.ResourceList) corev1.LimitRangeItem {
	item := corev1.LimitRangeItem{Type: corev1.LimitTypeContainer, DefaultRequest: corev1.ResourceList{}}
	for _, name := range slices.Sorted(maps.Keys(smallRequests)) {
		_, plain := hard[name] // "cpu" in a quota is "requests.cpu".
		if _, requested := hard["requests."+name]; requested || plain {
			item.DefaultRequest[name] = resource.MustParse(smallRequests[name])
		}
	}
	return item
}
