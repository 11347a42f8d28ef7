// SPDX-License-Identifier: Apache-2.0

// Package claim decides whose a namespace is, makes it, marks it and gives it
// back. The Tenant and Project controllers call it before they write anything
// into a namespace, and last when their object is deleted.
//
// It must never take a namespace that was not handed over, and never delete
// one that it did not make for the very object that is going.
package claim
