// SPDX-License-Identifier: Apache-2.0

// Package alerts tests what the chart gives to Prometheus and Grafana, with
// Prometheus' own parser and engine: alert rules against cases in promtool's
// format, and that every expression names metrics of docs/metrics.md.
//
// It is a module of its own, for Prometheus' dependencies, and has tests only.
// promtool itself would do the first part; it is five times as much to build.
package alerts
