// SPDX-License-Identifier: Apache-2.0

// Package informers holds what the controllers watch: Tenants and Projects,
// and in the host cluster namespaces and the objects that are generated for
// them. Every controller reads from these caches and from no others.
//
// It must not decide anything and must not write.
package informers
