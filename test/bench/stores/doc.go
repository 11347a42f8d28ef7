// SPDX-License-Identifier: Apache-2.0

// Package stores assembles the stores of tenancy-apiservers in the process of a
// benchmark, without the HTTP in front of them.
//
// The benchmarks use it: store to measure them, api to fill an etcd with more
// objects than it has the time to create through a kube-apiserver. It must not
// assemble them in another way than pkg/apiserver does.
package stores
