// SPDX-License-Identifier: Apache-2.0

// +k8s:deepcopy-gen=package

// Package spectrocloud holds the hub types of API group spectrocloud.com: the
// version-less form in which strategies, validation and the quota ledger see
// every object. Each served version converts to and from it.
//
// It is used by registry, never by clients or controllers: those speak a
// served version. Its fields carry no serialization tags, and what a field
// means is documented once, on the wire types.
package spectrocloud
