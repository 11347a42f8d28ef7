// SPDX-License-Identifier: Apache-2.0

// Package store compares our guarded stores with the plain etcd3 store of
// k8s.io/apiserver, and the GPU ledger with other ways to keep account, on one
// embedded etcd and without a server around them. It holds benchmarks alone.
package store
