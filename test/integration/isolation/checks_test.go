// SPDX-License-Identifier: Apache-2.0

package isolation

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
)

var dry = []string{metav1.DryRunAll}

// checks are those that are about more than Pods, by the names of the benchmarks. Each returns what is wrong.
var checks = map[string]func(context.Context, place) error{
	"block_access_to_cluster_resources": func(ctx context.Context, p place) error {
		var errs []error
		for _, resource := range []schema.GroupVersionResource{
			{Version: "v1", Resource: "nodes"}, {Version: "v1", Resource: "namespaces"}, {Version: "v1", Resource: "persistentvolumes"},
			{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
			{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
			{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicies"},
			{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"},
		} {
			_, err := p.member.Dynamic.Resource(resource).List(ctx, metav1.ListOptions{})
			errs = append(errs, forbidden("list "+resource.Resource, err))
			errs = append(errs, forbidden("delete "+resource.Resource, p.member.Dynamic.Resource(resource).Delete(ctx, "any", metav1.DeleteOptions{DryRun: dry})))
		}
		return errors.Join(errs...)
	},
	"block_multitenant_resources": func(ctx context.Context, p place) error {
		policies := p.member.Host.NetworkingV1().NetworkPolicies(p.namespace)
		_, err := policies.Patch(ctx, access.NetworkPolicyName, types.MergePatchType, []byte(`{"spec":{"ingress":[{}]}}`), metav1.PatchOptions{DryRun: dry})
		return errors.Join(forbidden("open the NetworkPolicy", err),
			forbidden("delete the NetworkPolicy", policies.Delete(ctx, access.NetworkPolicyName, metav1.DeleteOptions{DryRun: dry})),
			forbidden("delete the role", p.member.Host.RbacV1().Roles(p.namespace).Delete(ctx, access.ProjectRole(p.namespace, access.Admin), metav1.DeleteOptions{DryRun: dry})))
	},
	"block_ns_quota": func(ctx context.Context, p place) error {
		quotas := p.member.Host.CoreV1().ResourceQuotas(p.namespace)
		_, err := quotas.Create(ctx, &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}, metav1.CreateOptions{DryRun: dry})
		return errors.Join(forbidden("create a quota", err), forbidden("delete the quota", quotas.Delete(ctx, access.ResourceQuotaName, metav1.DeleteOptions{DryRun: dry})))
	},
	"block_other_tenant_resources": func(ctx context.Context, p place) error {
		_, read := p.member.Host.CoreV1().Pods(p.elsewhere).List(ctx, metav1.ListOptions{})
		_, written := p.member.Host.CoreV1().ConfigMaps(p.elsewhere).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}, metav1.CreateOptions{DryRun: dry})
		_, seen := p.member.Projects(p.elsewhere).Get(ctx, p.elsewhere, metav1.GetOptions{})
		if !apierrors.IsNotFound(seen) {
			seen = fmt.Errorf("another Tenant's Project is seen: %w", errors.Join(seen))
		} else {
			seen = nil
		}
		return errors.Join(forbidden("read another Tenant's Pods", read), forbidden("write into another Tenant's Project", written), seen)
	},
	"block_use_of_nodeport_services": func(ctx context.Context, p place) error {
		_, err := p.member.Host.CoreV1().Services(p.namespace).Create(ctx, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "open-"},
			Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, Ports: []corev1.ServicePort{{Port: 80}}},
		}, metav1.CreateOptions{DryRun: dry})
		return forbidden("create a NodePort", err)
	},
	"configure_ns_object_quota": func(ctx context.Context, p place) error {
		return bounded(ctx, p, "pods", "services", "secrets", "configmaps", "persistentvolumeclaims")
	},
	"configure_ns_quotas": func(ctx context.Context, p place) error {
		return bounded(ctx, p, "requests.cpu", "requests.memory", "requests.ephemeral-storage", "requests.storage")
	},
	"create_network_policies": func(ctx context.Context, p place) error {
		_, err := p.member.Host.NetworkingV1().NetworkPolicies(p.namespace).Create(ctx,
			&networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "mine"}}, metav1.CreateOptions{DryRun: dry})
		return err
	},
	// Roles are given by the Project's roleMapping: a RoleBinding of one's own would be a way up.
	"create_role_bindings": func(ctx context.Context, p place) error {
		_, err := p.member.Projects(p.namespace).Patch(ctx, p.namespace, types.MergePatchType,
			[]byte(`{"spec":{"roleMapping":{"viewer":["colleagues"]}}}`), metav1.PatchOptions{DryRun: dry})
		return err
	},
}

// forbidden returns an error unless err says that it is forbidden to do what.
func forbidden(what string, err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return nil
	case err == nil:
		return errors.New("may " + what)
	default:
		return fmt.Errorf("to %s is not forbidden, but fails: %w", what, err)
	}
}

// bounded returns an error unless the namespace's quota bounds the resources, and counts what is used of them.
func bounded(ctx context.Context, p place, resources ...corev1.ResourceName) error {
	quotas, err := cluster.Admin.Host.CoreV1().ResourceQuotas(p.namespace).List(ctx, metav1.ListOptions{LabelSelector: access.LabelManagedBy + "=" + access.ManagedBy})
	if err != nil {
		return err
	}
	var errs []error
	for _, resource := range resources {
		found := false
		for _, quota := range quotas.Items {
			_, found = quota.Status.Hard[resource]
		}
		if !found {
			errs = append(errs, fmt.Errorf("%s has no quota", resource))
		}
	}
	return errors.Join(errs...)
}

// strict is what a Tenant is that says nothing, and open one that asks for nothing.
var (
	strict = v1alpha1.TenantIsolation{}
	open   = v1alpha1.TenantIsolation{
		PodSecurity: v1alpha1.PodSecurityPrivileged, Network: v1alpha1.NetworkBoundaryNone,
		ImagePull: v1alpha1.ImagePullAny, Quota: &v1alpha1.NamespaceQuota{},
	}
)
