// SPDX-License-Identifier: Apache-2.0

// Package usage is the controller that keeps status.gpuUsage and the condition
// TenantOversubscribed of Tenants, Oversubscribed of Projects, true to what
// the API server's gpuusage subresource says. It also shows as a metric since
// when the requests of a Tenant wait, which the API server does not keep.
//
// It asks the subresource and writes status, as a field manager of its own. It
// must not count anything itself: what the workloads hold is the ledger's to
// say, and events of workloads only tell it when to ask.
package usage
