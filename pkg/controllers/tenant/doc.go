// SPDX-License-Identifier: Apache-2.0

// Package tenant is the controller that gives each Tenant its namespace, the
// rule ConfigMaps that its Projects go by, and its groups' access outside of
// Projects, counts its Projects and shows it to the groups that they name, and
// takes everything back when it is deleted.
//
// It must not touch what belongs to a Project: that is package project's.
package tenant
