// SPDX-License-Identifier: Apache-2.0

// Package visible shows each caller the objects that they may see, and no
// others, for kinds whose objects name groups: the stores of Tenants and
// Projects are wrapped in it.
//
// Who sees an object is a function of the stored object alone. Fields puts the
// groups among what selectors see of it, under a name that no user can select
// by, and every list and watch of a caller gets a selector of their groups on
// top. So the watch cache does the rest as for any selector: an object that
// becomes invisible is sent as DELETED, and pages, resourceVersions, bookmarks
// and informers work as ever.
//
// Callers with the RBAC verb listall on the resource see everything. It must not
// decide who may read or write: RBAC has, before a request comes here.
package visible
