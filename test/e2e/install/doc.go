// SPDX-License-Identifier: Apache-2.0

// Package install installs the chart as a platform team would, with helm, into a
// cluster in which Pods run as processes (pkg/localcluster/pods): first steps,
// upgrades, the end of a release, and where installing is refused. It must not reach
// past helm, kubectl and the API for what it tests.
package install
