// SPDX-License-Identifier: Apache-2.0

// Package project is the controller that gives each Project its namespace and
// the roles and bindings in it and in the system namespace, shows it to the
// groups of its Tenant, and takes all back when the Project is deleted.
//
// It must not decide whose a namespace is (claim), what is granted (access) or
// how it is written (grant); it says in which order, and reports the outcome.
package project
