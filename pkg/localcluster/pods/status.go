// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// finished says whether the Pod has ended for good.
func finished(latest *corev1.Pod) bool {
	return latest.Status.Phase == corev1.PodSucceeded || latest.Status.Phase == corev1.PodFailed
}

// report writes the Pod's status, if it is not what is known already; obstacle is
// what keeps its containers from starting.
func (p *pod) report(ctx context.Context, latest *corev1.Pod, obstacle error) error {
	status := latest.Status.DeepCopy()
	if status.StartTime == nil {
		status.StartTime = ptr.To(metav1.Now())
	}
	status.HostIP, status.HostIPs = p.node.network.node(), []corev1.HostIP{{IP: p.node.network.node()}}
	if p.address != "" {
		status.PodIP, status.PodIPs = p.address, []corev1.PodIP{{IP: p.address}}
	}
	status.ContainerStatuses = nil
	ready := true
	for _, c := range p.containers {
		one := c.status(obstacle)
		ready = ready && one.Ready
		status.ContainerStatuses = append(status.ContainerStatuses, one)
	}
	status.Phase = phase(latest, status.ContainerStatuses)
	setCondition(status, latest.Generation, corev1.PodInitialized, true)
	setCondition(status, latest.Generation, corev1.ContainersReady, ready)
	setCondition(status, latest.Generation, corev1.PodReady, ready)
	if equality.Semantic.DeepEqual(&latest.Status, status) {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.uid}, "status": status})
	if err != nil {
		return err
	}
	written, err := p.node.client.CoreV1().Pods(p.namespace).
		Patch(ctx, p.name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: nodeName}, "status")
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // It is gone, and the watch will say so.
	}
	if err != nil {
		if ctx.Err() == nil {
			p.node.config.Logger.Error("writing a Pod's status", "pod", p.namespace+"/"+p.name, "error", err)
		}
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest == latest { // Else the watch has been faster.
		p.latest = written
	}
	return nil
}

// status returns the container's part of the Pod's status.
func (c *container) status(obstacle error) corev1.ContainerStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := corev1.ContainerStatus{
		Name: c.spec.Name, Image: c.spec.Image, State: c.state, LastTerminationState: c.last,
		RestartCount: c.restarts, Ready: c.ready, Started: ptr.To(c.started),
	}
	if c.state.Terminated != nil && c.restarts == 0 {
		status.LastTerminationState = corev1.ContainerState{}
	}
	if obstacle != nil && c.state.Waiting != nil {
		status.State = waiting("ContainerCreating", obstacle.Error())
	}
	return status
}

// phase returns where the Pod is in its life.
func phase(latest *corev1.Pod, containers []corev1.ContainerStatus) corev1.PodPhase {
	all := func(is func(corev1.ContainerStatus) bool) bool {
		return !slices.ContainsFunc(containers, func(c corev1.ContainerStatus) bool { return !is(c) })
	}
	ended := func(c corev1.ContainerStatus) bool { return c.State.Terminated != nil }
	succeeded := func(c corev1.ContainerStatus) bool { return ended(c) && c.State.Terminated.ExitCode == 0 }
	over := latest.DeletionTimestamp != nil || latest.Spec.RestartPolicy == corev1.RestartPolicyNever ||
		latest.Spec.RestartPolicy == corev1.RestartPolicyOnFailure && all(succeeded)
	switch {
	case over && all(succeeded):
		return corev1.PodSucceeded
	case over && all(ended):
		return corev1.PodFailed
	case all(func(c corev1.ContainerStatus) bool { return c.State.Waiting != nil && c.RestartCount == 0 }):
		return corev1.PodPending
	}
	return corev1.PodRunning
}

// setCondition sets a condition, and the time of its last transition if it is one.
func setCondition(status *corev1.PodStatus, generation int64, kind corev1.PodConditionType, holds bool) {
	condition := corev1.PodCondition{
		Type: kind, Status: corev1.ConditionFalse, ObservedGeneration: generation, LastTransitionTime: metav1.Now(),
	}
	if holds {
		condition.Status = corev1.ConditionTrue
	} else {
		condition.Reason, condition.Message = "ContainersNotReady", "not all containers are ready"
	}
	i := slices.IndexFunc(status.Conditions, func(c corev1.PodCondition) bool { return c.Type == kind })
	if i < 0 {
		status.Conditions = append(status.Conditions, condition)
		return
	}
	if status.Conditions[i].Status == condition.Status {
		condition.LastTransitionTime = status.Conditions[i].LastTransitionTime
	}
	status.Conditions[i] = condition
}
