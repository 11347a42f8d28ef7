// SPDX-License-Identifier: Apache-2.0

// Package store compares the guarded store of Projects with the plain etcd3 store
// of k8s.io/apiserver, on one embedded etcd and without a server around them. It
// holds a benchmark alone.
package store
