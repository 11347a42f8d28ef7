#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes each module require just what it imports.
set -o errexit -o nounset -o pipefail
cd "$(dirname "$0")/.."

for file in go.mod hack/*/go.mod; do (cd "$(dirname "$file")" && go mod tidy); done
