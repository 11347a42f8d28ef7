// SPDX-License-Identifier: Apache-2.0

// Package e2e runs the story of story.sh: what people do with the product, each
// as who they are, on a cluster of its own. It must know nothing but commands.
package e2e
