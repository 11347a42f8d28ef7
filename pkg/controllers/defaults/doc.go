// SPDX-License-Identifier: Apache-2.0

// Package defaults installs what the platform begins with: Definitions and
// ScalingPolicies in the system namespace (system/), and unless that is switched
// off a Tenant with a Project (workspace/).
//
// Each default is created once and is the users' from then on: never changed,
// and never created again after somebody has deleted it. What was created is
// remembered in a ConfigMap of the system namespace, which no crash makes
// forgetful: see Controller.
//
// pkg/controllers runs it in the replica that leads. It must not update or
// delete a default.
package defaults
