// SPDX-License-Identifier: Apache-2.0

// Package variableset is the strategy and the store of VariableSets. registry/rest
// installs it.
package variableset
