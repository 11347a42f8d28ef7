// SPDX-License-Identifier: Apache-2.0

// Package gpuusage serves the gpuusage subresource of Tenants and Projects, which
// is computed on each GET. The composition root makes one for each. It must not
// store anything: the ledger knows.
package gpuusage
