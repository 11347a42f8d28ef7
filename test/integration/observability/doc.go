// SPDX-License-Identifier: Apache-2.0

// Package observability holds the programs to what docs/metrics.md and
// docs/tracing.md say: which metrics there are, what a trace of a create
// holds, that logs are JSON where that is asked for, and which version says
// it runs.
package observability
