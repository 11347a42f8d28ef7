// SPDX-License-Identifier: Apache-2.0

// Package validation holds the rules that one object alone can tell and that
// validation tags on the wire types can't say. One file per kind.
//
// Strategies call it, beside the generated validation. Its functions are pure
// and never change what they are given. Rules that depend on another object
// are not here: they are decided in registry/quota, in the transaction of the
// write.
package validation
