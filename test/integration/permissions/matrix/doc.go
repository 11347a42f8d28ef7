// SPDX-License-Identifier: Apache-2.0

// Package matrix is who may do what: the one table that the tests beside it try
// with real requests, and that docs/permissions.md is written from.
//
// It says what the documents say, seeds 001 and 004 above all, and what was
// decided where they are silent. It must not be derived from the rules that
// pkg/access generates: it is what these are held to.
package matrix
