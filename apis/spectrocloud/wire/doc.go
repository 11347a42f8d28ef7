// SPDX-License-Identifier: Apache-2.0

// Package wire is what the served versions of the API group register alike. The
// version packages call it when a scheme is built; it knows none of their kinds.
package wire
