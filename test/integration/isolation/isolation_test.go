// SPDX-License-Identifier: Apache-2.0

package isolation

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"spectrocloud.com/tenancy/apis/spectrocloud/v1alpha1"
	"spectrocloud.com/tenancy/pkg/access"
	"spectrocloud.com/tenancy/test/integration/framework"
)

// benchmarks is how many checks the multi-tenancy benchmarks have.
const benchmarks = 18

// TestEveryGeneratedNamespacePassesTheMultiTenancyBenchmarks also tries all checks but three where they have to fail: in a
// namespace made by hand, whose member may do everything in it.
func TestEveryGeneratedNamespacePassesTheMultiTenancyBenchmarks(t *testing.T) {
	require.Len(t, badPods, 9)
	require.Equal(t, benchmarks, len(badPods)+len(checks))
	other := newTenant(t, strict)
	p, plain := newTenant(t, strict), newPlain(t)
	p.elsewhere, plain.elsewhere = other.namespace, plain.namespace
	framework.Eventually(t, "a good Pod may run", func(ctx context.Context) error { return create(ctx, p, goodPod(nil)) })
	require.NoError(t, create(t.Context(), plain, goodPod(nil)))
	for name, spoil := range badPods {
		t.Run(name, func(t *testing.T) {
			framework.Eventually(t, "refused", func(ctx context.Context) error {
				return forbidden("create such a Pod", create(ctx, p, goodPod(spoil)))
			})
			assert.NoError(t, create(t.Context(), plain, goodPod(spoil)), "in a plain namespace the same Pod may run")
		})
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			framework.Eventually(t, "the check passes", func(ctx context.Context) error { return check(ctx, p) })
			if name == "create_network_policies" || name == "create_role_bindings" || name == "block_access_to_cluster_resources" {
				return // What somebody may do, and what no namespace gives.
			}
			assert.Error(t, check(t.Context(), plain), "in a plain namespace the check fails")
		})
	}
}

// TestATenantIsFreedOfWhatItsSpecSays sets each switch by itself.
func TestATenantIsFreedOfWhatItsSpecSays(t *testing.T) {
	p := newTenant(t, strict)
	set := func(patch string) {
		_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		require.NoError(t, err)
	}
	may := func(what string, pod *corev1.Pod) {
		framework.Eventually(t, what, func(ctx context.Context) error { return create(ctx, p, pod) })
	}
	mayNot := func(what string, pod *corev1.Pod) {
		framework.Eventually(t, what+" is refused", func(ctx context.Context) error { return forbidden(what, create(ctx, p, pod)) })
	}
	root, pulled := goodPod(badPods["require_run_as_non_root_user"]), goodPod(badPods["require_always_pull_image"])
	host := goodPod(badPods["block_use_of_host_pid"])
	mayNot("run as root", root)
	set(`{"spec":{"isolation":{"podSecurity":"baseline"}}}`)
	may("run as root at level baseline", root)
	mayNot("see the node's processes", host)
	set(`{"spec":{"isolation":{"podSecurity":"privileged"}}}`)
	may("see the node's processes at level privileged", host)
	set(`{"spec":{"isolation":{"podSecurity":null}}}`)
	mayNot("run as root", root)

	mayNot("use what is on the node", pulled)
	with := goodPod(func(pod *corev1.Pod) { pod.Spec.InitContainers = []corev1.Container{sidecar(corev1.PullNever)} })
	mayNot("use what is on the node to begin with", with)
	set(`{"spec":{"isolation":{"imagePull":"Any"}}}`)
	may("use what is on the node", pulled)
	may("use what is on the node to begin with", with)

	quota := func(ctx context.Context) (*corev1.ResourceQuota, error) {
		return cluster.Admin.Host.CoreV1().ResourceQuotas(p.namespace).Get(ctx, access.ResourceQuotaName, metav1.GetOptions{})
	}
	set(`{"spec":{"isolation":{"quota":{"hard":{"pods":"3"}}}}}`)
	framework.Eventually(t, "a quota of its own, and nothing else in it", func(ctx context.Context) error {
		found, err := quota(ctx)
		if three := resource.MustParse("3"); err == nil && (len(found.Spec.Hard) != 1 || !found.Spec.Hard.Pods().Equal(three)) {
			return fmt.Errorf("hard is %v", found.Spec.Hard)
		}
		return err
	})
	_, err := cluster.Admin.Host.CoreV1().LimitRanges(p.namespace).Get(t.Context(), access.LimitRangeName, metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "nothing is requested for containers that no quota asks for requests: %v", err)
	set(`{"spec":{"isolation":{"quota":{"hard":null}}}}`)
	framework.Eventually(t, "no quota", func(ctx context.Context) error {
		if _, err := quota(ctx); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the quota is there: %w", err)
		}
		return nil
	})
}

// TestConnectionsComeFromWhereTheTenantSays reads the policy: nothing enforces it where there are no nodes.
func TestConnectionsComeFromWhereTheTenantSays(t *testing.T) {
	p := newTenant(t, strict)
	from := func(ctx context.Context) (networkingv1.NetworkPolicyPeer, error) {
		policy, err := cluster.Admin.Host.NetworkingV1().NetworkPolicies(p.namespace).Get(ctx, access.NetworkPolicyName, metav1.GetOptions{})
		if err != nil {
			return networkingv1.NetworkPolicyPeer{}, err
		}
		return policy.Spec.Ingress[0].From[0], nil
	}
	peer, err := from(t.Context())
	require.NoError(t, err)
	namespace, err := cluster.Admin.Host.CoreV1().Namespaces().Get(t.Context(), p.namespace, metav1.GetOptions{})
	require.NoError(t, err)
	selector, err := metav1.LabelSelectorAsSelector(peer.NamespaceSelector)
	require.NoError(t, err)
	assert.True(t, selector.Matches(labels.Set(namespace.Labels)), "the Tenant's namespaces are let in")
	other, err := cluster.Admin.Host.CoreV1().Namespaces().Get(t.Context(), newTenant(t, open).namespace, metav1.GetOptions{})
	require.NoError(t, err)
	assert.False(t, selector.Matches(labels.Set(other.Labels)), "another Tenant's are not")

	for _, step := range []struct {
		boundary v1alpha1.NetworkBoundary
		want     func(networkingv1.NetworkPolicyPeer, error) bool
	}{
		{v1alpha1.NetworkBoundaryProject, func(peer networkingv1.NetworkPolicyPeer, err error) bool {
			return err == nil && peer.NamespaceSelector == nil && peer.PodSelector != nil
		}},
		{v1alpha1.NetworkBoundaryNone, func(_ networkingv1.NetworkPolicyPeer, err error) bool { return apierrors.IsNotFound(err) }},
		{v1alpha1.NetworkBoundaryTenant, func(peer networkingv1.NetworkPolicyPeer, err error) bool {
			return err == nil && peer.NamespaceSelector != nil
		}},
	} {
		_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
			fmt.Appendf(nil, `{"spec":{"isolation":{"network":%q}}}`, step.boundary), metav1.PatchOptions{})
		require.NoError(t, err)
		framework.Eventually(t, string(step.boundary), func(ctx context.Context) error {
			if peer, err := from(ctx); !step.want(peer, err) {
				return fmt.Errorf("the policy lets in %v (%w)", peer, err)
			}
			return nil
		})
	}
}

// TestWhatHemsInIsPutRight changes and deletes each object as a cluster administrator, who may.
func TestWhatHemsInIsPutRight(t *testing.T) {
	p := newTenant(t, strict)
	for _, namespace := range []string{p.namespace, p.tenant} {
		host := cluster.Admin.Host
		quota := host.CoreV1().ResourceQuotas(namespace)
		_, err := quota.Patch(t.Context(), access.ResourceQuotaName, types.MergePatchType,
			[]byte(`{"spec":{"hard":{"services.nodeports":"10","count/jobs.batch":"1"}}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		require.NoError(t, host.NetworkingV1().NetworkPolicies(namespace).Delete(t.Context(), access.NetworkPolicyName, metav1.DeleteOptions{}))
		require.NoError(t, host.CoreV1().LimitRanges(namespace).Delete(t.Context(), access.LimitRangeName, metav1.DeleteOptions{}))
		_, err = host.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType,
			[]byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`), metav1.PatchOptions{})
		require.NoError(t, err)
		framework.Eventually(t, "all of it is back in "+namespace, func(ctx context.Context) error {
			found, err := quota.Get(ctx, access.ResourceQuotaName, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if _, added := found.Spec.Hard["count/jobs.batch"]; added || !found.Spec.Hard.Name("services.nodeports", resource.DecimalSI).IsZero() {
				return fmt.Errorf("the quota is %v", found.Spec.Hard)
			}
			if _, err := host.NetworkingV1().NetworkPolicies(namespace).Get(ctx, access.NetworkPolicyName, metav1.GetOptions{}); err != nil {
				return err
			}
			if _, err := host.CoreV1().LimitRanges(namespace).Get(ctx, access.LimitRangeName, metav1.GetOptions{}); err != nil {
				return err
			}
			marked, err := host.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
			if err == nil && marked.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
				err = fmt.Errorf("the namespace is labelled %v", marked.Labels)
			}
			return err
		})
	}
}

// TestNobodyIsLetIntoANamespaceThatCantBeHemmedIn has the cluster refuse the quota of a Project that is to be.
func TestNobodyIsLetIntoANamespaceThatCantBeHemmedIn(t *testing.T) {
	p, name := newTenant(t, strict), framework.Name("refused")
	host := cluster.Admin.Host
	_, err := host.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{v1alpha1.LabelAdopt: "project." + name}}}, metav1.CreateOptions{})
	require.NoError(t, err)
	admit := refuseQuotas(t, name)
	_, err = cluster.Admin.Projects(name).Create(t.Context(), framework.Project(name, p.tenant), metav1.CreateOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "the Project to say so", func(ctx context.Context) error {
		project, err := cluster.Admin.Projects(name).Get(ctx, name, metav1.GetOptions{})
		if err == nil && !meta.IsStatusConditionFalse(project.Status.Conditions, v1alpha1.ConditionAccessReady) {
			err = fmt.Errorf("its conditions are %v", project.Status.Conditions)
		}
		return err
	})
	bindings, err := host.RbacV1().RoleBindings(name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, bindings.Items)
	admit()
	cluster.ProjectReady(t, name)
}
