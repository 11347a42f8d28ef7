// SPDX-License-Identifier: Apache-2.0

package isolation

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// goodPod is a Pod that every check lets through, changed by change.
func goodPod(change func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](1000),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "main", Image: "example.com/app:1", ImagePullPolicy: corev1.PullAlways,
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: ptr.To(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
	if change != nil {
		change(pod)
	}
	return pod
}

// create tries to create a Pod. The server's dry run goes through all of admission.
func create(ctx context.Context, p place, pod *corev1.Pod) error {
	_, err := p.member.Host.CoreV1().Pods(p.namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// badPods are the checks that refuse Pods, by the names of the benchmarks.
var badPods = map[string]func(*corev1.Pod){
	"block_add_capabilities": func(pod *corev1.Pod) {
		pod.Spec.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{"SYS_TIME"}
	},
	"block_privilege_escalation": func(pod *corev1.Pod) {
		pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = ptr.To(true)
	},
	"block_privileged_containers": func(pod *corev1.Pod) {
		pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil
		pod.Spec.Containers[0].SecurityContext.Privileged = ptr.To(true)
	},
	"block_use_of_host_ipc": func(pod *corev1.Pod) { pod.Spec.HostIPC = true },
	"block_use_of_host_networking_and_ports": func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 80}}
	},
	"block_use_of_host_path": func(pod *corev1.Pod) {
		pod.Spec.Volumes = []corev1.Volume{{Name: "node", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
	},
	"block_use_of_host_pid": func(pod *corev1.Pod) { pod.Spec.HostPID = true },
	"require_always_pull_image": func(pod *corev1.Pod) {
		pod.Spec.Containers[0].ImagePullPolicy = corev1.PullIfNotPresent
	},
	"require_run_as_non_root_user": func(pod *corev1.Pod) {
		pod.Spec.SecurityContext.RunAsNonRoot, pod.Spec.SecurityContext.RunAsUser = nil, ptr.To[int64](0)
	},
}

// sidecar is a container that may be added where it pulls its image always.
func sidecar(policy corev1.PullPolicy) corev1.Container {
	container := goodPod(nil).Spec.Containers[0]
	container.Name, container.ImagePullPolicy = "sidecar", policy
	container.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	return container
}
