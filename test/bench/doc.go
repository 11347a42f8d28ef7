// SPDX-License-Identifier: Apache-2.0

// Package bench holds the benchmarks, a folder each; docs/benchmarks.md says how
// to read them. A figure of speed is a ratio of two peers that took turns in one
// run: figures of different runs, machines or minutes say nothing together.
//
//   - rounds lets peers take turns, and turns what they did into medians and ratios.
//   - api measures through kube-apiserver: Projects against ConfigMaps and custom resources, GPU quota against
//     ResourceQuota and webhooks, and how much the answer depends on how much is stored and how many wait.
//   - store compares our guarded stores, and the GPU ledger, with plain ones and other ledgers, on one etcd.
//   - stores assembles our stores in the benchmark's process.
//
// Each benchmark has floors far below what is usual, below which it fails.
package bench
