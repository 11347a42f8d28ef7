// SPDX-License-Identifier: Apache-2.0

// Package quota is the arithmetic of GPU quotas: which entry holds for a
// family, and whether a Project's quotas agree with its Tenant's.
//
// It is pure: no client, no lock, no clock. The ledger decides with it, and
// whatever reports a quota must compute it here too, so that the two can't
// disagree.
package quota
