// SPDX-License-Identifier: Apache-2.0

// Package rules keeps the ConfigMaps that say what the tiers of a Project may
// do: a template per tier in the system namespace, and a copy in each Tenant's
// namespace, which is the one that counts.
//
// It creates them where they are missing and never overwrites one. What they
// say is read through pkg/access, which refuses what reaches too far.
package rules
