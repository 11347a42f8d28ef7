// SPDX-License-Identifier: Apache-2.0

// Package aiworkload is the strategy and the store of AIWorkloads. registry/rest
// installs it; whether they get the GPUs they ask for is decided in
// registry/quota.
package aiworkload
