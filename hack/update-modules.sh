#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes each module require just what it imports.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

for module in . hack/tools hack/kubernetes; do (cd "$module" && go mod tidy); done
