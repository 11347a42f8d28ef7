// SPDX-License-Identifier: Apache-2.0

// Package scalingpolicy is the strategy and the store of ScalingPolicies. registry/rest
// installs it.
package scalingpolicy
