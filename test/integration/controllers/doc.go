// SPDX-License-Identifier: Apache-2.0

// Package controllers holds the promises of tenancy-controller-manager, kept
// against a real kube-apiserver, namespace controller and tenancy-apiserver:
// what appears for a Tenant and a Project, that it stays, and that it goes.
package controllers
