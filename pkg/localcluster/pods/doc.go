// SPDX-License-Identifier: Apache-2.0

// Package pods runs the Pods of a local cluster as processes of this machine, so
// that what is written for a cluster (a chart, say) can be installed for real
// where there are no containers. kube-controller-manager makes the Pods, as
// anywhere; this package plays the scheduler, the kubelet of the one node, the
// provisioner of volumes and kube-proxy, as far as kube-apiserver needs one.
//
// A container is the program that the first word of its command names, from
// the folder of the cluster's programs, with the container's arguments and
// environment. A Pod has an address of its own: 10.244.Y.N in its status, because
// Kubernetes allows no loopback addresses there, which is 127.244.Y.N on this
// machine, and so in $(POD_IP) and in what its process is told. Volumes are folders;
// a mountPath that an argument or a variable begins with, or has after = , or :,
// is replaced by the folder's path. Secrets, ConfigMaps and tokens are kept up to
// date in one step, as a kubelet does it. Probes are asked, deletion begins
// with SIGTERM, and what ends is started again.
//
// What a kubelet and its cluster have, and this does not:
//
//   - Images are never pulled, and paths within them don't exist. All containers
//     see this machine's files, processes and network: there is no isolation, no
//     user or group of a security context, no read-only filesystem, no limit on CPU or memory.
//   - NetworkPolicies are ignored, and so is all that a scheduler weighs: one node takes every Pod.
//   - Services are reached by kube-apiserver alone, through its egress selector.
//     Pods reach kube-apiserver by a kubeconfig with their service account's token, which
//     they have to be told of ($KUBECONFIG, Config.Flags): the service account's fixed
//     path can't be theirs. They have no DNS, and none of the ClusterIPs answers them.
//   - Paths inside of mounted files are not replaced.
//   - Init containers, exec and gRPC probes, hooks other than preStop's sleep, envFrom,
//     variables from elsewhere than fields, subPath and other kinds of volumes are refused: the Pod
//     stays Pending and its status says why.
//   - Containers that die again and again wait for up to ten seconds, not five minutes,
//     and changes of a Secret arrive at once, not within a minute.
//   - kubectl logs, exec and port-forward find no kubelet; logs are in the folder logs/pods.
//
// It is called by pkg/localcluster, and must not know what the programs do.
package pods
