// SPDX-License-Identifier: Apache-2.0

// Package orphan is the controller that reports namespaces which are marked as
// a Tenant's or a Project's that can't be found: by a metric, a log line and
// an event on the namespace.
//
// It must never delete or change one. A lost or restored etcd looks just like
// this, and everything that people run is in those namespaces.
package orphan
