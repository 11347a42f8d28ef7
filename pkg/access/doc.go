// SPDX-License-Identifier: Apache-2.0

// Package access says which roles, bindings and rules a Tenant or a Project
// wants in the host cluster. It is pure: objects in, objects out, the same
// ones every time.
//
// The controllers call it and make the cluster agree. It must not hold a
// client, read a clock or know what the cluster looks like now. What it
// returns grants rights, so it trusts nothing: groups that no Tenant may name
// are left out even where they got into the store, and rules that would reach
// beyond the Project are refused.
package access
