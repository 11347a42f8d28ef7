// SPDX-License-Identifier: Apache-2.0

// Package apiserver assembles the API server: options from flags (options.go),
// configuration from options (config.go), the server from configuration
// (server.go), and its run from start to graceful end (run.go).
//
// cmd/tenancy-apiserver calls it. What it serves is made in registry/rest; it
// must hold no rule of the API, and never write to the host cluster.
package apiserver
