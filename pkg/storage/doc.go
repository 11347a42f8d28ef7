// SPDX-License-Identifier: Apache-2.0

// Package storage is what the server adds to the etcd3 store of
// k8s.io/apiserver: writes of an object that carry guards and further puts in
// the object's own etcd transaction, and an embedded etcd.
//
//   - Transaction travels in a request's context to the etcd client, which adds
//     it to the transaction of the object's write.
//   - Guard wraps a store so that every write is decided first and decided
//     again whenever one of its guards fails. It sits under the watch cache,
//     where each path to etcd passes: finalizer removal, status, apply and
//     delete-collection included.
//   - Store lets server-side dry runs, which never reach the wrapped store, be
//     decided the same way.
//   - Backend makes stores of all kinds on one etcd client, Embedded runs etcd
//     in the process.
//
// The registry uses it; it must know no kind, no rule and no ledger key.
package storage
