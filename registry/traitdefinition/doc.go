// SPDX-License-Identifier: Apache-2.0

// Package traitdefinition is the strategy and the store of TraitDefinitions. registry/rest
// installs it.
package traitdefinition
