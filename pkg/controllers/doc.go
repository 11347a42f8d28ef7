// SPDX-License-Identifier: Apache-2.0

// Package controllers is tenancy-controller-manager: it puts the controllers
// together, elects one replica to run them, and serves health and metrics.
//
// options.go has the flags, config.go what becomes of them, run.go the life of
// the process. Each controller is a package below, with controller.go (events,
// queue) and sync.go (desired state, apply, status): tenant and project
// materialize, with claim, grant and rules to do the writing; usage and announce
// report on GPUs; orphan looks for what was left behind. Nothing here holds
// truth: stopped at any moment and started again, or run twice, the outcome is
// the same.
//
// cmd/tenancy-controller-manager calls it. It must reach Tenants and Projects
// through the typed clients only, and never hold the API server's code.
package controllers
