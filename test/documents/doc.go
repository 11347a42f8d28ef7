// SPDX-License-Identifier: Apache-2.0

// Package documents keeps reference documents true to the code they are about:
// docs/api-reference.md is written from the types' comments and tags, and
// docs/conditions.md has every condition and reason that the programs write.
//
// It reads source and runs nothing; docs/metrics.md, which needs running
// programs, is test/integration/observability's.
package documents
