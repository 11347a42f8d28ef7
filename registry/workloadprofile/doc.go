// SPDX-License-Identifier: Apache-2.0

// Package workloadprofile is the strategy and the store of WorkloadProfiles. registry/rest
// installs it.
package workloadprofile
