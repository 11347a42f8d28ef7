// SPDX-License-Identifier: Apache-2.0

// Package project is the strategy and the store of Projects. registry/rest
// installs it; its rules over more than one object are in registry/quota.
package project
