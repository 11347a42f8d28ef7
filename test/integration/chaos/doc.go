// SPDX-License-Identifier: Apache-2.0

// Package chaos is about an installation of several replicas, from the chart, on
// an etcd of several members, and those who use it all the while: what they
// notice when it is updated, and when any process of it dies.
//
// Pods are processes of this machine; kube-apiserver reaches those that are ready
// through the Service, as it does anywhere.
package chaos
