// SPDX-License-Identifier: Apache-2.0

package isolation

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// others is an image that a node may hold because another Tenant had the password for it.
const others = "registry.example/another-tenant/secret:1"

func mounting(policy corev1.PullPolicy) *corev1.Pod {
	return goodPod(func(pod *corev1.Pod) {
		pod.Spec.Volumes = []corev1.Volume{{Name: "stolen", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: others, PullPolicy: policy}}}}
	})
}

// TestNobodyUsesAnImageThatTheNodeHasFromOthers tries each way to name one, in a Pod from before the namespace asked for
// anything too.
func TestNobodyUsesAnImageThatTheNodeHasFromOthers(t *testing.T) {
	p := newTenant(t, open)
	pods := p.member.Host.CoreV1().Pods(p.namespace)
	old := goodPod(func(pod *corev1.Pod) { pod.Spec.Containers[0].ImagePullPolicy = corev1.PullNever })
	old.Spec.Containers = append(old.Spec.Containers, sidecar(corev1.PullAlways))
	old, err := pods.Create(t.Context(), old, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NoError(t, create(t.Context(), p, mounting(corev1.PullNever)))
	_, err = cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType, []byte(`{"spec":{"isolation":{"imagePull":null}}}`), metav1.PatchOptions{})
	require.NoError(t, err)

	framework.Eventually(t, "a volume of what is on the node is refused", func(ctx context.Context) error {
		return forbidden("mount it", create(ctx, p, mounting(corev1.PullNever)))
	})
	framework.Refused(t, create(t.Context(), p, mounting(corev1.PullIfNotPresent)), 403, "stolen")
	assert.NoError(t, create(t.Context(), p, mounting(corev1.PullAlways)), "a volume whose image is pulled")

	change := func(patch string) error {
		_, err := pods.Patch(t.Context(), old.Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dry})
		return err
	}
	framework.Refused(t, change(`{"spec":{"containers":[{"name":"main","image":"`+others+`"}]}}`), 403, "It is not of main")
	assert.NoError(t, change(`{"spec":{"containers":[{"name":"sidecar","image":"`+others+`"}]}}`), "an image that is pulled")
	assert.NoError(t, change(`{"metadata":{"labels":{"any":"label"}}}`), "nothing is new")
	_, err = cluster.Admin.Host.CoreV1().Pods(p.namespace).Patch(t.Context(), old.Name, types.StrategicMergePatchType,
		[]byte(`{"status":{"phase":"Running"}}`), metav1.PatchOptions{}, "status")
	assert.NoError(t, err, "its node reports on it")

	// No generated role has this subresource, so it is tried as somebody who may do anything.
	debug := func(policy corev1.PullPolicy) error {
		pod, err := pods.Get(t.Context(), old.Name, metav1.GetOptions{})
		require.NoError(t, err)
		container := goodPod(nil).Spec.Containers[0]
		pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debugger", Image: others, ImagePullPolicy: policy, SecurityContext: container.SecurityContext,
		}}}
		_, err = cluster.Admin.Host.CoreV1().Pods(p.namespace).UpdateEphemeralContainers(t.Context(), pod.Name, pod, metav1.UpdateOptions{DryRun: dry})
		return err
	}
	framework.Refused(t, debug(corev1.PullNever), 403, "It is not of debugger")
	assert.NoError(t, debug(corev1.PullAlways))
	assert.NoError(t, pods.Delete(t.Context(), old.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}), "it may end")
}

// TestNobodyTakesOthersConnections names addresses that the nodes would then send elsewhere: CVE-2020-8554.
func TestNobodyTakesOthersConnections(t *testing.T) {
	p := newTenant(t, strict)
	services, asAdmin := p.member.Host.CoreV1().Services(p.namespace), cluster.Admin.Host.CoreV1().Services(p.namespace)
	service := func(ips ...string) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "dns"}, Spec: corev1.ServiceSpec{ExternalIPs: ips, Ports: []corev1.ServicePort{{Port: 53}}}}
	}
	framework.Eventually(t, "somebody's resolver is refused", func(ctx context.Context) error {
		_, err := services.Create(ctx, service("8.8.8.8"), metav1.CreateOptions{DryRun: dry})
		return forbidden("take the connections to 8.8.8.8", err)
	})
	_, err := services.Create(t.Context(), service(), metav1.CreateOptions{})
	require.NoError(t, err, "a Service of its own")
	set := func(patch string) error {
		_, err := services.Patch(t.Context(), "dns", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	}
	framework.Refused(t, set(`{"spec":{"externalIPs":["10.0.0.1"]}}`), 403, "spec.externalIPs")

	_, err = asAdmin.Patch(t.Context(), "dns", types.MergePatchType, []byte(`{"spec":{"externalIPs":["192.0.2.1","192.0.2.2"]}}`), metav1.PatchOptions{})
	require.NoError(t, err, "cluster administrators know whose an address is")
	assert.NoError(t, set(`{"metadata":{"labels":{"any":"label"}}}`), "the rest of the Service is the members'")
	framework.Refused(t, set(`{"spec":{"externalIPs":["192.0.2.1","192.0.2.3"]}}`), 403, "spec.externalIPs")
	assert.NoError(t, set(`{"spec":{"externalIPs":["192.0.2.1"]}}`), "one may be given back")
}

// TestALoadBalancerMayBeHad as docs/isolation.md says: without ports on every node, unless the quota has some.
func TestALoadBalancerMayBeHad(t *testing.T) {
	p := newTenant(t, strict)
	balance := func(ctx context.Context, nodePorts *bool) error {
		_, err := p.member.Host.CoreV1().Services(p.namespace).Create(ctx, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "public-"},
			Spec: corev1.ServiceSpec{
				Type: corev1.ServiceTypeLoadBalancer, AllocateLoadBalancerNodePorts: nodePorts, Ports: []corev1.ServicePort{{Port: 443}},
			},
		}, metav1.CreateOptions{DryRun: dry})
		return err
	}
	framework.Eventually(t, "a port on every node is refused", func(ctx context.Context) error { return forbidden("have one", balance(ctx, nil)) })
	assert.NoError(t, balance(t.Context(), ptr.To(false)))
	_, err := cluster.Admin.Tenants().Patch(t.Context(), p.tenant, types.MergePatchType,
		[]byte(`{"spec":{"isolation":{"quota":{"hard":{"services.loadbalancers":"5","services.nodeports":"5"}}}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	framework.Eventually(t, "a load balancer with such ports", func(ctx context.Context) error { return balance(ctx, nil) })
}
