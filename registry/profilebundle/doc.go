// SPDX-License-Identifier: Apache-2.0

// Package profilebundle is the strategy and the store of ProfileBundles. registry/rest
// installs it.
package profilebundle
