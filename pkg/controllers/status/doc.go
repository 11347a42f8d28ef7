// SPDX-License-Identifier: Apache-2.0

// Package status turns what a sync found into the conditions and events of a
// Tenant or Project. It is the one place where reasons are listed, and it is
// pure but for sending events to the recorder it is given.
package status
