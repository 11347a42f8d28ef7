// SPDX-License-Identifier: Apache-2.0

// Package computepool is the strategy and the store of ComputePools. registry/rest
// installs it; whether they get the GPUs they ask for is decided in
// registry/quota.
package computepool
