// SPDX-License-Identifier: Apache-2.0

// Package localcluster runs a whole control plane on one machine: etcd, a real
// kube-apiserver with its aggregation layer, kube-controller-manager,
// tenancy-apiserver and tenancy-controller-manager, each as a process of its
// own, with certificates of their own, listening on loopback only. In the
// process that starts them it serves an OIDC issuer for kube-apiserver, with
// whose tokens people log in. Where asked to, it leaves our programs out and runs
// Pods instead, as processes (package pods), for installing the chart.
//
// It is called by cmd/tenancy-local (a first try), by the tests of promises and
// by the benchmarks; all three get the same cluster. It must not contain logic
// of the product: what a real installation would not have, it may not add, and
// what our programs need in a cluster is in manifests/ and nowhere in Go.
package localcluster
