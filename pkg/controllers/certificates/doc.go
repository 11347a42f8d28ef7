// SPDX-License-Identifier: Apache-2.0

// Package certificates is the controller that makes tenancy-apiserver's serving
// certificate and the CA that signs it, keeps them in two Secrets, writes the
// caBundle of the APIServices, and replaces each before it expires.
//
// plan.go says what is to be done next, given what is there and the time, and
// nothing else: every step follows from what is stored, so that whoever leads
// next goes on from there. sync.go looks, and does it.
//
// pkg/controllers runs it in the replica that leads, before our API is there:
// tenancy-apiserver can't start without its certificate. So it must not use
// that API, and of an APIService it must not write anything but caBundle.
package certificates
