// SPDX-License-Identifier: Apache-2.0

// Package settings is the strategy and the store of Settings. registry/rest
// installs it.
package settings
