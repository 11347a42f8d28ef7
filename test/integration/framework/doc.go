// SPDX-License-Identifier: Apache-2.0

// Package framework is what the integration tests share: one cluster per test
// package, people with client certificates or ID tokens, kubectl, and waits
// that say what they waited for.
//
// The packages beside it use it, one per promise. It must not know what any of
// them tests.
package framework
