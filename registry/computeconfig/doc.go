// SPDX-License-Identifier: Apache-2.0

// Package computeconfig is the strategy and the store of ComputeConfigs. registry/rest
// installs it.
package computeconfig
