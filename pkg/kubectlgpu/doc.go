// SPDX-License-Identifier: Apache-2.0

// Package kubectlgpu is the kubectl plugin "kubectl gpu": it tells people how
// their GPUs are used, who waits for some, and whether a request would fit.
//
// client.go, account.go and consumers.go ask the server; usage.go, queue.go,
// fit.go and top.go are a command each, with what they print beside them. Only the server
// decides: figures come from gpuusage, verdicts from a dry run, arithmetic from
// apis/spectrocloud/quota.
//
// cmd/kubectl-gpu calls it. It runs with the rights of whoever types it and
// must never write: a dry run is the most that it does.
package kubectlgpu
