// SPDX-License-Identifier: Apache-2.0

// Package componentdefinition is the strategy and the store of ComponentDefinitions. registry/rest
// installs it.
package componentdefinition
