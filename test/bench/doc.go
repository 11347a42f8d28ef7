// SPDX-License-Identifier: Apache-2.0

// Package bench holds the benchmarks, a folder each; docs/benchmarks.md says how
// to read them. A figure of speed is a ratio of two peers that took turns in one
// run: figures of different runs, machines or minutes say nothing together.
//
//   - rounds lets peers take turns, and turns what they did into medians and ratios.
//   - api compares Projects with ConfigMaps and custom resources, through kube-apiserver.
//   - store compares our guarded store with the plain one, on one etcd.
//
// Each benchmark has floors far below what is usual, below which it fails.
package bench
