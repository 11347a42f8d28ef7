// SPDX-License-Identifier: Apache-2.0

// Package policydefinition is the strategy and the store of PolicyDefinitions. registry/rest
// installs it.
package policydefinition
