// SPDX-License-Identifier: Apache-2.0

package certificates

// Reasons of events. Users and monitors match on them: they may be added to, not renamed.
const (
	// About the Secret with the certificate to serve with.
	reasonIssued   = "CertificateIssued"   // There is a first one, or a new one as planned.
	reasonRepaired = "CertificateRepaired" // What was there could not be served with.

	// About the Secret with the CAs.
	reasonCACreated   = "CACreated"         // The first.
	reasonCARotation  = "CARotationStarted" // There is a next one.
	reasonCAPublished = "CAPublished"       // Every caBundle has the next one.
	reasonCAInUse     = "CAInUse"           // The next one is the current one.
	reasonCARetired   = "CARetired"         // Previous ones are in no caBundle any more.
	reasonCARepaired  = "CARepaired"        // What was there could not be signed with.

	// About an APIService.
	reasonBundleWritten = "CABundleWritten"   // Its caBundle was another.
	reasonForeign       = "APIServiceForeign" // It points to another service, and is left alone.
)
