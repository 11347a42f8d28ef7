// SPDX-License-Identifier: Apache-2.0

// Package api compares Projects with their peers, all through one kube-apiserver:
// ConfigMaps, which it stores itself, and a custom resource with the fields of a
// Project. It holds a benchmark alone.
package api
