// SPDX-License-Identifier: Apache-2.0

// Package api measures tenancy-apiserver in a cluster, mostly through its
// kube-apiserver, and compares it with what others do there: ConfigMaps, which it
// stores itself, with and without a ResourceQuota, and custom resources with the
// fields of ours, with and without a webhook. It holds benchmarks alone.
package api
