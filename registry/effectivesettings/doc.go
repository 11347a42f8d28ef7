// SPDX-License-Identifier: Apache-2.0

// Package effectivesettings serves the effectivesettings subresource of Projects,
// which is computed on each GET from the Settings that the Project and its Tenant
// name. registry/rest installs it. It must never read a Secret.
package effectivesettings
