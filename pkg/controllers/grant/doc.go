// SPDX-License-Identifier: Apache-2.0

// Package grant makes the RBAC objects of the host cluster agree with what
// pkg/access says a Tenant or Project wants, and takes them away again.
//
// It must not decide who gets what, and it writes nothing that is right
// already. Names as pkg/access gives them (prj-PROJECT-..., tenant-TENANT-create,
// TENANT-tenant-viewer) are reserved: an object found under one is overwritten.
package grant
