// SPDX-License-Identifier: Apache-2.0

// Package tenant is the strategy and the store of Tenants. registry/rest
// installs it; its rules over more than one object are in registry/quota.
package tenant
