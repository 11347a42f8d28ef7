// SPDX-License-Identifier: Apache-2.0

// Package announce is the controller that sends an event when an AIWorkload or
// a ComputePool is admitted, has to wait, or is suspended. The API server
// decides that and writes it into the condition QuotaReserved; it never writes
// to the host cluster, where events live.
//
// Events are a courtesy, the condition is the record: what happens while
// nobody leads has no event, what is read at start is not repeated, and of
// a burst only the first are sent one by one, the rest as a number per Project.
package announce
